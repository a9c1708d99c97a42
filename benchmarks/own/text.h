// What the table and the JSON of a run have in common.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/raw/arena.h"
#include "benchmarks/raw/quantiles.h"

namespace mycelium::bench {

/// Appends, as printf would print; at most 512 bytes at once.
[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...);

/// With three digits that count.
std::string text_of_number(double value);
/// "850 ns", "9.2 µs", "3.1 ms".
std::string text_of_time(double ns);
/// "1.12 M/s"; from 64 KiB on in bytes: "5.6 GB/s".
std::string text_of_rate(double per_second, std::size_t bytes);
std::string text_of_byte_rate(double per_second);
/// "288 kB".
std::string text_of_memory(double bytes);
/// Fills up with blanks to `width` columns; a byte that continues a UTF-8 character is none.
std::string padded(std::string text, std::size_t width);

/// As JSON has it.
std::string quoted(std::string_view text);
std::string json_of_spread(const Spread& spread);

/// Of those measurements that are good.
template <class Member>
double median_of(const std::vector<Measurement>& measurements, Member member) {
    std::vector<double> values;
    for (const Measurement& measurement : measurements)
        if (measurement.is_good()) values.push_back(measurement.*member);
    return spread_of(std::move(values)).median;
}

}  // namespace mycelium::bench
