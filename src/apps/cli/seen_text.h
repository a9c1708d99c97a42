// Numbers and nodes as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apps/cli/looking.h"

namespace mycelium::cli {

/// "950", "12.3k", "4.56M": three digits.
std::string short_number(double value);
/// "950 B", "12.3 kB".
std::string short_bytes(double bytes);
/// "850 ns", "12.3 µs", "1.2 s".
std::string short_time(std::uint64_t ns);
/// The text on one line, in so many characters: padded, or cut with "…".
std::string fit(std::string_view text, std::size_t width);
std::string fit_right(std::string_view text, std::size_t width);

/// "publisher of Reading at unix:///a".
std::string describe(const fabric::SeenPort& port);
/// "to kitchen (pid 12, port 1) over unix, drop_oldest".
std::string describe(const fabric::SeenPort& port, const fabric::SeenLink& link);
/// "5 (4 queue_full, 1 too_large)"; "0".
std::string describe(const std::array<std::uint64_t, drop_reason_count>& dropped);
/// "✓ 10 sent = 8 delivered + 1 dropped + 1 in flight", or what does not fit.
std::string ledger_line(const fabric::SeenLink& link, bool is_port_steady);

}  // namespace mycelium::cli
