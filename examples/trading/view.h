// View: a tally as text, for people and for programs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger.h"
#include "profile.h"
#include "tally.h"

namespace trading {

/// Messages per second of the last interval.
struct Rates {
    double trades = 0;
    double swaps = 0;
    double signals = 0;
    double fills = 0;
};

/// What a relay says of itself.
struct RelayState {
    std::string state;         ///< running, paused, draining
    std::uint64_t lag = 0;     ///< messages on their way to its slowest consumer
    std::uint64_t lag_ns = 0;  ///< since the oldest of them was published
    std::string breakers;      ///< "closed", or who is not: "pools open"
};
/// Of the three relays; none: it does not answer.
using RelayStates = std::array<std::optional<RelayState>, 3>;

/// What the table knows besides its tally.
struct Surroundings {
    Rates rates;
    std::uint64_t seconds = 0;  ///< since it began
    MissedBy missed{};          ///< by the table, by reason
    RelayStates relays;
};

/// The live table, lines ending in newlines. Colours are the terminal's escape sequences.
std::string table_text(const Tally& tally, const Surroundings& around, bool has_colours);
/// The rates of the last interval, everything else since the beginning. In one line, for those who
/// watch without a terminal.
std::string line_text(const Tally& tally, const Surroundings& around);

/// What the end needs besides the tally.
struct Ending {
    std::string mode;
    Profile profile;
    /// The losses are to be those of all runs, which the ledger knows: with_losses() fills them in.
    /// Else they are those of the runs that were there at the end.
    bool has_ledger = false;
    MissedBy missed{};  ///< by the table, by reason
};
/// What stands for the losses until then.
inline constexpr std::string_view losses_place = "<losses>";
std::string summary_text(const Tally& tally, const Ending& ending);
/// {"messages":…,"signals":…,"signals_digest":…,"losses":…,"p50_us":…,"p99_us":…,"fills":…,
/// "profit":…,"mode":…,"trades_per_second":…,"profile":{…} without the last brace, for the ledger
/// to follow; null where there is no value.
std::string summary_json(const Tally& tally, const Ending& ending);
std::string with_losses(std::string summary, const MissedBy& missed, bool is_json);

}  // namespace trading
