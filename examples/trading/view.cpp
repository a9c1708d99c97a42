#include "view.h"

#include <cstdarg>
#include <cstdio>

#include "asset.h"
#include "decimal.h"

namespace trading {
namespace {

constexpr std::size_t assets_shown_max = 10;

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...) {
    char text[256];
    va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return text;
}

unsigned long long number(std::uint64_t value) { return value; }

std::string micros(const Latency& latency, double share, const char* none) {
    const auto us = latency.quantile_us(share);
    return us ? formatted("%.1f", *us) : none;
}

std::string stream_row(const char* name, const Tally::Stream& stream, double rate) {
    return formatted("%-10s %12llu %10.0f %10s %10s %8llu", name, number(stream.received), rate,
                     micros(stream.latency, 0.5, "-").c_str(),
                     micros(stream.latency, 0.99, "-").c_str(), number(stream.missed.count()));
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

/// "queue_full 3, peer_gone 1", of what this table missed; empty: nothing.
std::string reasons_text(const Tally& tally) {
    mycelium::Missed missed = tally.trades().missed;
    missed.add(tally.swaps().missed);
    missed.add(tally.signals().missed);
    std::string text;
    for (std::size_t i = 0; i < mycelium::drop_reason_count; ++i) {
        if (missed.by_reason[i] == 0) continue;
        if (!text.empty()) text += ", ";
        text += std::string{name_of(static_cast<mycelium::DropReason>(i))} + " " +
                std::to_string(missed.by_reason[i]);
    }
    return text;
}

std::string losses_text(const Tally& tally) {
    std::string text = std::to_string(tally.losses());
    if (const std::string reasons = reasons_text(tally); !reasons.empty())
        text += " (" + reasons + ")";
    return text;
}

}  // namespace

std::string table_text(const Tally& tally, const Rates& rates, std::uint64_t seconds,
                       bool has_colours) {
    const std::string bold = has_colours ? "\x1b[1m" : "";
    const std::string dim = has_colours ? "\x1b[2m" : "";
    const std::string red = has_colours && tally.losses() != 0 ? "\x1b[31m" : "";
    const std::string plain = has_colours ? "\x1b[0m" : "";
    std::string text =
        bold + "Mycelium trading" + plain +
        formatted("   %llu s, pass %llu", number(seconds), number(tally.report().passes + 1)) +
        dim + "   Ctrl-C ends it" + plain + "\n\n";
    text += dim +
            formatted("%-10s %12s %10s %10s %10s %8s", "", "messages", "per s", "p50 us", "p99 us",
                      "missed") +
            plain + "\n";
    text += stream_row("coinbase", tally.trades(), rates.trades) + "\n";
    text += stream_row("pool", tally.swaps(), rates.swaps) + "\n";
    text += stream_row("signals", tally.signals(), rates.signals) + "\n\n";
    text += dim + formatted("%-12s %18s %18s %13s", "asset", "coinbase", "pool", "apart") + plain +
            "\n";
    std::size_t shown = 0;
    for (const auto& [asset_id, prices] : tally.prices()) {
        if (shown++ == assets_shown_max) break;
        text += asset_row(asset_id, prices) + "\n";
    }
    text += "\n" + signal_rows(tally.last_signal()) + "\n";
    text += red + "losses        " + losses_text(tally) + (red.empty() ? "" : plain) + "\n";
    return text;
}

std::string line_text(const Tally& tally, const Rates& rates, std::uint64_t seconds) {
    const Latency latency = tally.latency();
    return formatted(
        "%llu s  coinbase %.0f/s  pool %.0f/s  signals %.0f/s  p50 %s us  p99 %s us  losses %llu\n",
        number(seconds), rates.trades, rates.swaps, rates.signals,
        micros(latency, 0.5, "-").c_str(), micros(latency, 0.99, "-").c_str(),
        number(tally.losses()));
}

std::string summary_text(const Tally& tally) {
    const Latency latency = tally.latency();
    const std::string& digest = tally.report().digest;
    return formatted("messages        %llu (%llu trades, %llu swaps)\n", number(tally.messages()),
                     number(tally.trades().received), number(tally.swaps().received)) +
           formatted("signals         %llu\n", number(tally.signals().received)) +
           formatted("signals_digest  %s\n",
                     digest.empty() ? "none: the first pass was not completed" : digest.c_str()) +
           "losses          " + losses_text(tally) + "\n" +
           formatted("latency         p50 %s us, p99 %s us\n", micros(latency, 0.5, "-").c_str(),
                     micros(latency, 0.99, "-").c_str());
}

std::string summary_json(const Tally& tally) {
    const Latency latency = tally.latency();
    const std::string& digest = tally.report().digest;
    return formatted(R"({"messages":%llu,"signals":%llu,"signals_digest":%s,)"
                     R"("losses":%llu,"p50_us":%s,"p99_us":%s})",
                     number(tally.messages()), number(tally.signals().received),
                     digest.empty() ? "null" : ("\"" + digest + "\"").c_str(),
                     number(tally.losses()), micros(latency, 0.5, "null").c_str(),
                     micros(latency, 0.99, "null").c_str()) +
           "\n";
}

}  // namespace trading
