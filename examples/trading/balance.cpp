#include "balance.h"

#include <algorithm>
#include <map>
#include <set>

namespace trading {
namespace {

using Pages = std::vector<LedgerPage>;

/// Of one run of a reader.
struct Held {
    Receipt receipt;
    const LedgerPage* page;
};

/// What all the reader's runs hold of one run of a publisher, in order.
std::vector<Held> held_of(std::uint64_t origin, const std::string& reader, const Pages& pages) {
    std::vector<Held> all;
    for (const LedgerPage& page : pages)
        if (page.service == reader)
            for (const Receipt& receipt : page.receipts)
                if (receipt.origin == origin && receipt.first != 0) all.push_back({receipt, &page});
    std::sort(all.begin(), all.end(),
              [](const Held& a, const Held& b) { return a.receipt.first < b.receipt.first; });
    return all;
}

/// Killed between publishing and saying so, a run has published what anybody has received.
std::uint64_t published_by(const LedgerPage& run, const Pages& pages) {
    std::uint64_t published = run.published;
    for (const LedgerPage& page : pages)
        for (const Receipt& receipt : page.receipts)
            if (receipt.origin == run.publisher) published = std::max(published, receipt.last);
    return published;
}

/// Has that run of a reader received anything of an earlier, of a later run of the publisher?
struct Heard {
    bool earlier = false;
    bool later = false;
};
Heard heard_by(const LedgerPage& reader, const LedgerPage& run, const Pages& pages) {
    Heard heard;
    for (const Receipt& receipt : reader.receipts)
        for (const LedgerPage& other : pages) {
            if (receipt.first == 0 || other.publisher != receipt.origin) continue;
            if (other.service != run.service) continue;
            heard.earlier |= other.run < run.run;
            heard.later |= other.run > run.run;
        }
    return heard;
}

/// Was somebody there when the run ended? Who holds some of it was if it heard of a later run; who
/// holds nothing, if of an earlier one too.
bool was_there_at_end(const std::vector<Held>& held, const LedgerPage& run,
                      const std::string& reader, const Pages& pages) {
    if (!held.empty()) return heard_by(*held.back().page, run, pages).later;
    return std::any_of(pages.begin(), pages.end(), [&](const LedgerPage& page) {
        if (page.service != reader) return false;
        const Heard heard = heard_by(page, run, pages);
        return heard.earlier && heard.later;
    });
}

class Reckoning {
public:
    Reckoning(BalanceRow& row, std::vector<std::string>& faults) : row_(row), faults_(faults) {}

    void add(const LedgerPage& run, const Pages& pages) {
        const auto held = held_of(run.publisher, row_.reader, pages);
        const std::uint64_t published = published_by(run, pages);
        const std::uint64_t end = add(held);
        if (published > run.intended)
            fault(std::to_string(published) + " were received and only " +
                  std::to_string(run.intended) + " published");
        row_.published += published;
        const std::uint64_t rest = published - end;
        if (was_there_at_end(held, run, row_.reader, pages))
            row_.missed[ledger_publisher_gone] += rest;
        else
            (end == 0 ? row_.away_before : row_.away_after) += rest;
    }

    /// Of one run of a publisher; returns the last number.
    std::uint64_t add(const std::vector<Held>& held) {
        ++row_.runs;
        std::uint64_t end = 0;  // of the reader's run before
        for (const auto& [receipt, page] : held) {
            check(receipt, end);
            (end == 0 ? row_.away_before : row_.away_between) += receipt.first - 1 - end;
            row_.received += receipt.received;
            add_to(row_.missed, receipt.missed);
            end = receipt.last;
        }
        return end;
    }

    void check_sums() {
        if (row_.published != row_.received + row_.missed_total() + row_.away())
            fault("the sums differ");
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

    BalanceRow& row_;
    std::vector<std::string>& faults_;
};

/// All of one publisher at one reader.
BalanceRow row_of(const std::string& publisher, const std::string& reader, const Pages& pages,
                  std::vector<std::string>& faults) {
    BalanceRow row;
    row.publisher = publisher;
    row.reader = reader;
    Reckoning reckoning{row, faults};
    for (const LedgerPage& run : pages)
        if (run.service == publisher && run.publisher != 0) reckoning.add(run, pages);
    reckoning.check_sums();
    return row;
}

/// What is published here and read on another host.
BalanceRow row_read_elsewhere(const std::string& publisher, const std::string& reader,
                              const Pages& pages) {
    BalanceRow row;
    row.publisher = publisher;
    row.reader = reader;
    row.is_read_elsewhere = true;
    for (const LedgerPage& run : pages)
        if (run.service == publisher && run.publisher != 0) {
            ++row.runs;
            row.published += run.published;
        }
    return row;
}

/// Of what a reader holds, the publishers that have no page among those that it reads.
std::set<std::uint64_t> strangers_of(const std::string& reader, const Pages& pages,
                                     const Readership& readers) {
    std::set<std::uint64_t> known;
    for (const LedgerPage& page : pages)
        if (std::find(readers.begin(), readers.end(), std::pair{page.service, reader}) !=
            readers.end())
            known.insert(page.publisher);
    std::set<std::uint64_t> strangers;
    for (const LedgerPage& page : pages)
        if (page.service == reader)
            for (const Receipt& receipt : page.receipts)
                if (receipt.first != 0 && !known.contains(receipt.origin))
                    strangers.insert(receipt.origin);
    return strangers;
}

/// What is published on another host, by whomever, and read here.
BalanceRow row_published_elsewhere(const std::string& reader, const Pages& pages,
                                   const std::set<std::uint64_t>& strangers,
                                   std::vector<std::string>& faults) {
    BalanceRow row;
    row.publisher = "elsewhere";
    row.reader = reader;
    row.is_published_elsewhere = true;
    Reckoning reckoning{row, faults};
    for (const std::uint64_t origin : strangers) reckoning.add(held_of(origin, reader, pages));
    return row;
}

}  // namespace

bool Balance::is_empty() const noexcept {
    return std::all_of(rows.begin(), rows.end(), [](const BalanceRow& row) {
        return row.published == 0 && row.received == 0;
    });
}

bool Balance::is_partial() const noexcept {
    return std::any_of(rows.begin(), rows.end(), [](const BalanceRow& row) {
        return row.is_published_elsewhere || row.is_read_elsewhere;
    });
}

std::uint64_t Balance::published() const {
    std::map<std::string, std::uint64_t> by_publisher;
    for (const BalanceRow& row : rows) by_publisher[row.publisher] = row.published;
    std::uint64_t sum = 0;
    for (const auto& [publisher, published] : by_publisher) sum += published;
    return sum;
}

MissedBy Balance::missed() const noexcept {
    MissedBy sum{};
    for (const BalanceRow& row : rows) add_to(sum, row.missed);
    return sum;
}

const Readership& readership() {
    static const Readership all{
        {"coinbase", "strategy"},  {"coinbase", "table"}, {"pools", "strategy"}, {"pools", "table"},
        {"strategy", "execution"}, {"strategy", "table"}, {"execution", "table"}};
    return all;
}

Balance balance_of(const Pages& pages, const Readership& readers,
                   const std::vector<std::string>& elsewhere) {
    const auto is_elsewhere = [&](const std::string& service) {
        return std::find(elsewhere.begin(), elsewhere.end(), service) != elsewhere.end();
    };
    Balance balance;
    std::set<std::string> readers_of_elsewhere;
    std::set<std::string> readers_here;
    for (const auto& [publisher, reader] : readers) {
        if (!is_elsewhere(reader)) readers_here.insert(reader);
        if (is_elsewhere(publisher) && is_elsewhere(reader)) continue;
        if (is_elsewhere(publisher))
            readers_of_elsewhere.insert(reader);
        else if (is_elsewhere(reader))
            balance.rows.push_back(row_read_elsewhere(publisher, reader, pages));
        else
            balance.rows.push_back(row_of(publisher, reader, pages, balance.faults));
    }
    for (const std::string& reader : readers_here) {
        const auto strangers = strangers_of(reader, pages, readers);
        if (readers_of_elsewhere.contains(reader))
            balance.rows.push_back(
                row_published_elsewhere(reader, pages, strangers, balance.faults));
        else
            for (const std::uint64_t origin : strangers)
                for (const auto& [receipt, page] : held_of(origin, reader, pages))
                    balance.faults.push_back(
                        reader + ": it has received " + std::to_string(receipt.first) + " to " +
                        std::to_string(receipt.last) + " of a publisher that has no page");
    }
    for (const LedgerPage& page : pages)
        if (page.is_overfull)
            balance.faults.push_back(page.service + ": its page has no room for all publishers");
    return balance;
}

}  // namespace trading
