// Durations and sizes as people write them: 200ms, 1.5s, 64KiB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mycelium/result.h>
#include <mycelium/time.h>

namespace mycelium::base {

/// A number and one of ns, us, ms, s, m, h; 0 needs no unit. At most 100 years.
Result<Duration> parse_duration(std::string_view text);
/// A number of bytes: nothing or B, KiB, MiB, GiB, kB, MB, GB.
Result<std::uint64_t> parse_size(std::string_view text);

/// In the largest unit that shows it exactly: "1500ms", "20s", "2m".
std::string text_of(Duration duration);
/// In the largest binary unit that shows it exactly: "64MiB", "1000 bytes".
std::string text_of_size(std::uint64_t bytes);
/// "1 message", "5 messages".
std::string count_of(std::uint64_t count, std::string_view noun);

}  // namespace mycelium::base
