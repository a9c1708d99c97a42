// Balance: all pages of a job's ledger against each other.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ledger.h"

namespace trading {

/// What became of all that one service has published, at one that reads it: published = received +
/// missed + away. Over all runs of both. A value.
struct BalanceRow {
    std::string publisher;
    std::string reader;
    /// Whose pages are on another host: of what all those there publish only received and missed
    /// are known, of what is read there only published.
    bool is_published_elsewhere = false;
    bool is_read_elsewhere = false;
    std::uint64_t runs = 0;  ///< of the publisher
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    MissedBy missed{};  ///< while the reader was there
    /// Before the reader's first message, between its runs, and after its last one.
    std::uint64_t away_before = 0;
    std::uint64_t away_between = 0;
    std::uint64_t away_after = 0;

    std::uint64_t missed_total() const noexcept { return total_of(missed); }
    std::uint64_t away() const noexcept { return away_before + away_between + away_after; }
};

struct Balance {
    std::vector<BalanceRow> rows;
    std::vector<std::string> faults;  ///< what does not fit, in words; empty: it balances

    bool is_balanced() const noexcept { return faults.empty(); }
    /// Nobody has published or received anything.
    bool is_empty() const noexcept;
    /// Other pages are on another host.
    bool is_partial() const noexcept;
    /// By all publishers, each counted once, however many read it.
    std::uint64_t published() const;
    /// By all readers.
    MissedBy missed() const noexcept;
};

/// Who reads whom.
using Readership = std::vector<std::pair<std::string, std::string>>;  // publisher, reader
const Readership& readership();

/// Within each run of a reader, its numbers must be exactly received or missed; those of different
/// runs must not overlap; none may be beyond what was published; a message that is missing must be
/// so for a reason; and what was received must be on its publisher's page. The end of a
/// publisher's run is missed where the reader's run has heard of a later one: it was there.
/// `elsewhere` are services whose pages are on another host.
Balance balance_of(const std::vector<LedgerPage>& pages, const Readership& readers,
                   const std::vector<std::string>& elsewhere = {});

}  // namespace trading
