#include "balance_text.h"

#include <utility>

#include "text.h"

namespace trading {
namespace {

/// What a row says, each as a number or as `unknown`.
struct Columns {
    std::string published, received, missed, away_before, away_between, away_after, away;
};

Columns columns_of(const BalanceRow& row, const std::string& unknown) {
    const auto shown = [&](bool is_known, std::uint64_t value) {
        return is_known ? std::to_string(value) : unknown;
    };
    const bool is_whole = !row.is_published_elsewhere && !row.is_read_elsewhere;
    return {shown(!row.is_published_elsewhere, row.published),
            shown(!row.is_read_elsewhere, row.received),
            shown(!row.is_read_elsewhere, row.missed_total()),
            shown(is_whole, row.away_before),
            shown(is_whole, row.away_between),
            shown(is_whole, row.away_after),
            shown(is_whole, row.away())};
}

std::string row_text(const BalanceRow& row) {
    const Columns columns = columns_of(row, "-");
    // The arrow takes three bytes and one column.
    std::string text =
        formatted("%-24s %5llu %12s %12s %8s %8s", (row.publisher + " → " + row.reader).c_str(),
                  number(row.runs), columns.published.c_str(), columns.received.c_str(),
                  columns.missed.c_str(), columns.away.c_str());
    if (const std::string reasons = reasons_text(row.missed); !reasons.empty())
        text += "  " + reasons;
    return text + "\n";
}

const char* conclusion(const Balance& balance) {
    if (!balance.is_balanced()) return "NOT BALANCED\n";
    if (balance.is_partial())
        return "balanced, as far as can be seen on this host: the other one's pages are there\n";
    return "balanced: every message was received, is missed for a reason, or came while its reader "
           "was away\n";
}

std::string missed_json(const MissedBy& missed) {
    std::string text = "{";
    for (std::size_t i = 0; i < ledger_reasons; ++i)
        if (missed[i] != 0)
            text += (text.size() > 1 ? ",\"" : "\"") + ledger_reason_name(i) +
                    "\":" + std::to_string(missed[i]);
    return text + "}";
}

std::string row_json(const BalanceRow& row) {
    const Columns columns = columns_of(row, "null");
    return formatted(R"({"publisher":"%s","reader":"%s","runs":%llu,"published":%s,)"
                     R"("received":%s,"missed":%s,"missed_by":)",
                     row.publisher.c_str(), row.reader.c_str(), number(row.runs),
                     columns.published.c_str(), columns.received.c_str(), columns.missed.c_str()) +
           missed_json(row.missed) +
           formatted(R"(,"away_before":%s,"away_between":%s,"away_after":%s})",
                     columns.away_before.c_str(), columns.away_between.c_str(),
                     columns.away_after.c_str());
}

}  // namespace

std::string balance_text(const Balance& balance) {
    std::string text = formatted("%-22s %5s %12s %12s %8s %8s\n", "ledger", "runs", "published",
                                 "received", "missed", "away");
    for (const BalanceRow& row : balance.rows) text += row_text(row);
    for (const std::string& fault : balance.faults) text += "  " + fault + "\n";
    return text + conclusion(balance);
}

std::string balance_json(const Balance& balance) {
    std::string text =
        formatted(R"({"is_balanced":%s,"is_partial":%s,"all_published":%llu,"faults":[)",
                  balance.is_balanced() ? "true" : "false", balance.is_partial() ? "true" : "false",
                  number(balance.published()));
    for (const std::string& fault : balance.faults)
        text += (&fault == balance.faults.data() ? "\"" : ",\"") + fault + "\"";
    text += R"(],"rows":[)";
    for (const BalanceRow& row : balance.rows)
        text += (&row == balance.rows.data() ? "" : ",") + row_json(row);
    return text + "]}";
}

}  // namespace trading
