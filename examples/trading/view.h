// View: a tally as text, for people and for programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tally.h"

namespace trading {

/// Messages per second of the last interval.
struct Rates {
    double trades = 0;
    double swaps = 0;
    double signals = 0;
};

/// The live table, lines ending in newlines. `seconds`: since it began. Colours are the terminal's
/// escape sequences.
std::string table_text(const Tally& tally, const Rates& rates, std::uint64_t seconds,
                       bool has_colours);
/// The rates of the last interval, everything else since the beginning. In one line, for those who
/// watch without a terminal.
std::string line_text(const Tally& tally, const Rates& rates, std::uint64_t seconds);
std::string summary_text(const Tally& tally);
/// {"messages":…,"signals":…,"signals_digest":…,"losses":…,"p50_us":…,"p99_us":…}; null where there
/// is no value.
std::string summary_json(const Tally& tally);

}  // namespace trading
