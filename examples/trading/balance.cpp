#include "balance.h"

#include <algorithm>
#include <numeric>

#include "text.h"

namespace trading {
namespace {

std::string reasons_of(const MissedBy& missed) {
    std::string text;
    for (std::size_t i = 0; i < missed.size(); ++i)
        if (missed[i] != 0)
            text += (text.empty() ? "" : ", ") + ledger_reason_name(i) + " " +
                    std::to_string(missed[i]);
    return text;
}

/// The receipts of all the reader's runs for one run of a publisher, in order.
std::vector<Receipt> receipts_for(std::uint64_t origin, const std::string& reader,
                                  const std::vector<LedgerPage>& pages) {
    std::vector<Receipt> all;
    for (const LedgerPage& page : pages)
        if (page.service == reader)
            for (const Receipt& receipt : page.receipts)
                if (receipt.origin == origin && receipt.first != 0) all.push_back(receipt);
    std::sort(all.begin(), all.end(),
              [](const Receipt& a, const Receipt& b) { return a.first < b.first; });
    return all;
}

/// Killed between publishing and saying so, a run has published what anybody has received.
std::uint64_t published_by(const LedgerPage& run, const std::vector<LedgerPage>& pages) {
    std::uint64_t published = run.published;
    for (const LedgerPage& page : pages)
        for (const Receipt& receipt : page.receipts)
            if (receipt.origin == run.publisher) published = std::max(published, receipt.last);
    return published;
}

class Reckoning {
public:
    Reckoning(const LedgerPage& run, std::uint64_t published, BalanceRow& row,
              std::vector<std::string>& faults)
        : run_(run), published_(published), row_(row), faults_(faults) {}

    void add(const std::vector<Receipt>& receipts) {
        std::uint64_t end = 0;  // of the run before
        for (const Receipt& receipt : receipts) {
            check(receipt, end);
            (end == 0 ? row_.away_before : row_.away_between) += receipt.first - 1 - end;
            row_.received += receipt.received;
            for (std::size_t i = 0; i < ledger_reasons; ++i) row_.missed[i] += receipt.missed[i];
            end = receipt.last;
        }
        if (published_ > run_.intended)
            fault(std::to_string(published_) + " were received and only " +
                  std::to_string(run_.intended) + " published");
        row_.published += published_;
        (end == 0 ? row_.away_before : row_.away_after) += published_ - end;
    }

private:
    void check(const Receipt& receipt, std::uint64_t end) {
        const std::string range =
            std::to_string(receipt.first) + " to " + std::to_string(receipt.last);
        if (receipt.first <= end) fault(range + " was received twice");
        if (receipt.last < receipt.first ||
            receipt.received + receipt.missed_total() != receipt.last - receipt.first + 1)
            fault(range + " is not " + std::to_string(receipt.received) + " received and " +
                  std::to_string(receipt.missed_total()) + " missed");
        if (const auto none = receipt.missed[ledger_unexplained]; none != 0)
            fault(std::to_string(none) + " of " + range + " are missing for no reason");
    }
    void fault(const std::string& what) {
        faults_.push_back(row_.publisher + " → " + row_.reader + ": " + what);
    }

    const LedgerPage& run_;
    const std::uint64_t published_;
    BalanceRow& row_;
    std::vector<std::string>& faults_;
};

}  // namespace

std::uint64_t BalanceRow::missed_total() const noexcept {
    return std::accumulate(missed.begin(), missed.end(), std::uint64_t{0});
}

std::uint64_t Balance::published() const noexcept {
    std::uint64_t sum = 0;
    for (const BalanceRow& row : rows) sum += row.published;
    return sum;
}

const Readership& readership() {
    static const Readership all{
        {"coinbase", "strategy"},  {"coinbase", "table"}, {"pools", "strategy"}, {"pools", "table"},
        {"strategy", "execution"}, {"strategy", "table"}, {"execution", "table"}};
    return all;
}

Balance balance_of(const std::vector<LedgerPage>& pages, const Readership& readers) {
    Balance balance;
    for (const auto& [publisher, reader] : readers) {
        BalanceRow row;
        row.publisher = publisher;
        row.reader = reader;
        for (const LedgerPage& run : pages) {
            if (run.service != row.publisher || run.publisher == 0) continue;
            ++row.runs;
            Reckoning{run, published_by(run, pages), row, balance.faults}.add(
                receipts_for(run.publisher, row.reader, pages));
        }
        if (row.published != row.received + row.missed_total() + row.away())
            balance.faults.push_back(row.publisher + " → " + row.reader + ": the sums differ");
        balance.rows.push_back(row);
    }
    for (const LedgerPage& page : pages)
        if (page.is_overfull)
            balance.faults.push_back(page.service + ": its page has no room for all publishers");
    return balance;
}

std::string balance_text(const Balance& balance) {
    std::string text = formatted("%-22s %5s %12s %12s %8s %8s\n", "ledger", "runs", "published",
                                 "received", "missed", "away");
    for (const BalanceRow& row : balance.rows) {
        // The arrow takes three bytes and one column.
        text += formatted("%-24s %5llu %12llu %12llu %8llu %8llu",
                          (row.publisher + " → " + row.reader).c_str(), number(row.runs),
                          number(row.published), number(row.received), number(row.missed_total()),
                          number(row.away()));
        if (const std::string reasons = reasons_of(row.missed); !reasons.empty())
            text += "  " + reasons;
        text += "\n";
    }
    for (const std::string& fault : balance.faults) text += "  " + fault + "\n";
    text += balance.is_balanced() ? "balanced: every message was received, is missed for a reason, "
                                    "or came while its reader was away\n"
                                  : "NOT BALANCED\n";
    return text;
}

std::string balance_json(const Balance& balance) {
    std::string text =
        formatted(R"({"is_balanced":%s,"all_published":%llu,"faults":[)",
                  balance.is_balanced() ? "true" : "false", number(balance.published()));
    for (const std::string& fault : balance.faults)
        text += (&fault == balance.faults.data() ? "\"" : ",\"") + fault + "\"";
    text += R"(],"rows":[)";
    for (const BalanceRow& row : balance.rows) {
        if (&row != balance.rows.data()) text += ",";
        text += formatted(R"({"publisher":"%s","reader":"%s","runs":%llu,"published":%llu,)"
                          R"("received":%llu,"missed":%llu,"missed_by":{)",
                          row.publisher.c_str(), row.reader.c_str(), number(row.runs),
                          number(row.published), number(row.received), number(row.missed_total()));
        bool is_first = true;
        for (std::size_t i = 0; i < ledger_reasons; ++i)
            if (row.missed[i] != 0)
                text += (std::exchange(is_first, false) ? "\"" : ",\"") + ledger_reason_name(i) +
                        "\":" + std::to_string(row.missed[i]);
        text +=
            formatted(R"(},"away_before":%llu,"away_between":%llu,"away_after":%llu})",
                      number(row.away_before), number(row.away_between), number(row.away_after));
    }
    return text + "]}";
}

}  // namespace trading
