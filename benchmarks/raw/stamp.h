// Stamp: a message's number, in its first and its last eight bytes, so that a message that was cut,
// mixed up with another one or read too early is noticed. The smallest message is therefore 16
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace mycelium::bench {

/// Set in the number of a measurement's last message.
inline constexpr std::uint64_t last_bit = std::uint64_t{1} << 63;

/// What a receive gave.
struct Arrival {
    enum class Kind : std::uint8_t {
        good,
        wrong,  ///< the two stamps differ, or the size does
        ended,  ///< nothing will come any more
    };
    std::uint64_t number = 0;  ///< without last_bit
    Kind kind = Kind::ended;
    bool is_last = false;
};
static_assert(sizeof(Arrival) == 16, "returned in two registers: a receive takes nanoseconds");

inline Arrival arrived(std::uint64_t first, std::uint64_t last) noexcept {
    const auto kind = first == last ? Arrival::Kind::good : Arrival::Kind::wrong;
    return {first & ~last_bit, kind, (first & last_bit) != 0};
}

inline void stamp(std::span<std::byte> message, std::uint64_t number) noexcept {
    std::memcpy(message.data(), &number, sizeof number);
    std::memcpy(message.data() + message.size() - sizeof number, &number, sizeof number);
}

/// Looks at both stamps of a message of at least 16 bytes.
inline Arrival read_stamp(std::span<const std::byte> message) noexcept {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, message.data(), sizeof first);
    std::memcpy(&last, message.data() + message.size() - sizeof last, sizeof last);
    return arrived(first, last);
}

}  // namespace mycelium::bench
