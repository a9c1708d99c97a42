#include "view.h"

#include "asset.h"
#include "decimal.h"
#include "digest.h"
#include "text.h"

namespace trading {
namespace {

constexpr std::size_t assets_shown_max = 4;
constexpr std::size_t row_columns_max = 79;
constexpr std::array<const char*, 3> relay_names{"market", "signals", "executions"};

std::string micros(const Latency& latency, double share, const char* none) {
    const auto us = latency.quantile_us(share);
    return us ? formatted("%.1f", *us) : none;
}

std::string stream_row(const char* name, const Tally::Stream& stream, double rate) {
    return formatted("%-10s %12llu %10.0f %10s %10s\n", name, number(stream.received), rate,
                     micros(stream.latency, 0.5, "-").c_str(),
                     micros(stream.latency, 0.99, "-").c_str());
}

std::string hop(const Latency& latency) {
    return micros(latency, 0.5, "-") + "/" + micros(latency, 0.99, "-");
}

std::string relay_row(std::size_t index, const Tally::Hops& hops,
                      const std::optional<RelayState>& state) {
    std::string row = formatted("%-10s %16s %16s ", relay_names[index], hop(hops.in).c_str(),
                                hop(hops.out).c_str());
    if (!state) return row + formatted("%10s %s\n", "-", "silent");
    row += formatted("%10llu ", number(state->lag));
    const std::string about =
        (state->state == "running" ? "" : state->state + ", ") + state->breakers;
    return (row + about).substr(0, row_columns_max) + "\n";
}

std::string price(std::int64_t value) { return value == 0 ? "-" : format_decimal(value); }

std::string asset_row(std::uint64_t asset_id, const Tally::Prices& prices) {
    std::string row = formatted("%-12s %18s %18s", asset_name_of(asset_id).c_str(),
                                price(prices.coinbase).c_str(), price(prices.pool).c_str());
    if (prices.coinbase != 0 && prices.pool != 0) {
        const auto coinbase = static_cast<double>(prices.coinbase);
        row +=
            formatted(" %9.1f bps", (static_cast<double>(prices.pool) - coinbase) / coinbase * 1e4);
    }
    return row;
}

const char* venue_name(std::uint16_t venue) {
    return venue == static_cast<std::uint16_t>(Venue::pool) ? "pool" : "coinbase";
}

/// Two lines, so that neither is cut in a terminal of 80 columns.
std::string signal_rows(const Signal& signal) {
    if (signal.sequence == 0) return "last signal   none yet";
    return formatted("last signal   buy %s %s at %s on %s\n              sell at %s on %s, %u bps",
                     format_decimal(signal.size).c_str(), asset_name_of(signal.asset_id).c_str(),
                     format_decimal(signal.buy_price).c_str(), venue_name(signal.buy_venue),
                     format_decimal(signal.sell_price).c_str(), venue_name(signal.sell_venue),
                     signal.spread_bps);
}

std::string money(std::int64_t value) {
    return formatted("%.2f", static_cast<double>(value) / static_cast<double>(decimal_one));
}

std::string losses_text(std::uint64_t losses, const MissedBy& missed) {
    std::string text = std::to_string(losses);
    if (const std::string reasons = reasons_text(missed); !reasons.empty())
        text += " (" + reasons + ")";
    return text;
}

std::string digest_text(const Tally& tally) {
    return tally.strategy().has_digest != 0 ? Digest::text_of(tally.strategy().digest) : "";
}

std::string profile_text(const Profile& profile) {
    std::int64_t sum = 0;
    for (const auto& [service, ns] : profile) sum += ns;
    std::string text;
    for (const auto& [service, ns] : profile) {
        const double share = sum == 0 ? 0 : static_cast<double>(ns) / static_cast<double>(sum);
        text += formatted("%s%s %.0f %%", text.empty() ? "" : ", ", service.c_str(), share * 100);
    }
    return text.empty() ? "unknown" : formatted("%.2f s: ", static_cast<double>(sum) / 1e9) + text;
}

std::string profile_json(const Profile& profile) {
    std::string text = "{";
    for (const auto& [service, ns] : profile)
        text += formatted("%s\"%s\":%.3f", text.size() > 1 ? "," : "", service.c_str(),
                          static_cast<double>(ns) / 1e9);
    return text + "}";
}

}  // namespace

std::string table_text(const Tally& tally, const Surroundings& around, bool has_colours) {
    const std::string bold = has_colours ? "\x1b[1m" : "";
    const std::string dim = has_colours ? "\x1b[2m" : "";
    const std::string red = has_colours && tally.losses() != 0 ? "\x1b[31m" : "";
    const std::string plain = has_colours ? "\x1b[0m" : "";
    const Rates& rates = around.rates;
    std::string text =
        bold + "Mycelium trading" + plain +
        formatted("   %llu s, pass %llu", number(around.seconds), number(tally.passes() + 1)) +
        dim + "   Ctrl-C ends it" + plain + "\n\n";
    text += dim +
            formatted("%-10s %12s %10s %10s %10s", "", "messages", "per s", "p50 us", "p99 us") +
            plain + "\n";
    text += stream_row("coinbase", tally.trades(), rates.trades);
    text += stream_row("pool", tally.swaps(), rates.swaps);
    text += stream_row("signals", tally.signals(), rates.signals);
    text += stream_row("fills", tally.fills(), rates.fills);
    text += dim +
            formatted("%-10s %16s %16s %10s %s", "relay", "to p50/p99 us", "from p50/p99 us", "lag",
                      "breakers") +
            plain + "\n";
    for (std::size_t i = 0; i < relay_names.size(); ++i)
        text += relay_row(i, tally.hops()[i], around.relays[i]);
    text += dim + formatted("%-12s %18s %18s %13s", "asset", "coinbase", "pool", "apart") + plain +
            "\n";
    std::size_t shown = 0;
    for (const auto& [asset_id, prices] : tally.prices()) {
        if (shown++ == assets_shown_max) break;
        text += asset_row(asset_id, prices) + "\n";
    }
    text += "\n" + signal_rows(tally.last_signal()) + "\n";
    text +=
        formatted("profit        %s after %s of fees\n", money(tally.execution().profit).c_str(),
                  money(tally.execution().fees).c_str());
    text += red + "losses        " + losses_text(tally.losses(), around.missed) +
            (red.empty() ? "" : plain) + "\n";
    return text;
}

std::string line_text(const Tally& tally, const Surroundings& around) {
    const Latency latency = tally.latency();
    const Rates& rates = around.rates;
    return formatted(
        "%llu s  coinbase %.0f/s  pool %.0f/s  signals %.0f/s  fills %.0f/s  p50 %s us  p99 %s us  "
        "profit %s  losses %llu\n",
        number(around.seconds), rates.trades, rates.swaps, rates.signals, rates.fills,
        micros(latency, 0.5, "-").c_str(), micros(latency, 0.99, "-").c_str(),
        money(tally.execution().profit).c_str(), number(tally.losses()));
}

std::string summary_text(const Tally& tally, const Ending& ending) {
    const Latency latency = tally.latency();
    const std::string digest = digest_text(tally);
    return formatted("messages        %llu (%llu trades, %llu swaps; %.0f trades/s)\n",
                     number(tally.messages()), number(tally.trades().received),
                     number(tally.swaps().received), tally.trades_per_second()) +
           formatted("signals         %llu\n", number(tally.signals().received)) +
           formatted("signals_digest  %s\n", digest.empty()
                                                 ? "none: the first pass was not seen as a whole"
                                                 : digest.c_str()) +
           formatted("fills           %llu, profit %s after %s of fees\n",
                     number(tally.fills().received), money(tally.execution().profit).c_str(),
                     money(tally.execution().fees).c_str()) +
           "losses          " +
           (ending.has_ledger ? std::string{losses_place}
                              : losses_text(tally.losses(), ending.missed)) +
           "\n" +
           formatted("latency         p50 %s us, p99 %s us\n", micros(latency, 0.5, "-").c_str(),
                     micros(latency, 0.99, "-").c_str()) +
           "processor       " + profile_text(ending.profile) + "\n";
}

std::string summary_json(const Tally& tally, const Ending& ending) {
    const Latency latency = tally.latency();
    const std::string digest = digest_text(tally);
    const std::string losses =
        ending.has_ledger ? std::string{losses_place} : std::to_string(tally.losses());
    return formatted(R"({"messages":%llu,"signals":%llu,"signals_digest":%s,)"
                     R"("losses":%s,"p50_us":%s,"p99_us":%s,)",
                     number(tally.messages()), number(tally.signals().received),
                     digest.empty() ? "null" : ("\"" + digest + "\"").c_str(), losses.c_str(),
                     micros(latency, 0.5, "null").c_str(), micros(latency, 0.99, "null").c_str()) +
           formatted(R"("fills":%llu,"profit":%s,"mode":"%s","trades_per_second":%.0f,"profile":)",
                     number(tally.fills().received),
                     format_decimal(tally.execution().profit).c_str(), ending.mode.c_str(),
                     tally.trades_per_second()) +
           profile_json(ending.profile);
}

std::string with_losses(std::string summary, const MissedBy& missed, bool is_json) {
    const std::uint64_t losses = total_of(missed);
    if (const std::size_t place = summary.find(losses_place); place != std::string::npos)
        summary.replace(place, losses_place.size(),
                        is_json ? std::to_string(losses) : losses_text(losses, missed));
    return summary;
}

}  // namespace trading
