// Stamped: payloads whose every byte follows from a number and the size, so that one that is torn,
// mixed or foreign is seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <mycelium/bytes.h>

namespace mycelium::attack {

inline std::uint64_t stamp_word(std::uint64_t number, std::size_t size,
                                std::size_t index) noexcept {
    if (index == 0) return number;
    return (number + 1) * 0x9e37'79b9'7f4a'7c15ULL + size * 0xff51'afd7'ed55'8ccdULL +
           index * 0xc4ce'b9fe'1a85'ec53ULL;
}

/// `memory` has at least 8 bytes; of a last word that is not whole nothing is written or checked.
inline void stamp(std::span<std::byte> memory, std::uint64_t number) noexcept {
    for (std::size_t at = 0; at + 8 <= memory.size(); at += 8) {
        const std::uint64_t word = stamp_word(number, memory.size(), at / 8);
        std::memcpy(&memory[at], &word, 8);
    }
}

/// Its number; none: these are not the bytes that were stamped.
inline std::optional<std::uint64_t> stamped_number(std::span<const std::byte> memory) noexcept {
    if (memory.size() < 8) return std::nullopt;
    std::uint64_t number = 0;
    std::memcpy(&number, memory.data(), 8);
    for (std::size_t at = 8; at + 8 <= memory.size(); at += 8) {
        const std::uint64_t word = stamp_word(number, memory.size(), at / 8);
        if (std::memcmp(&memory[at], &word, 8) != 0) return std::nullopt;
    }
    return number;
}

inline Bytes stamped(std::uint64_t number, std::size_t size) {
    const auto memory = std::make_shared<std::vector<std::byte>>(size);
    stamp(*memory, number);
    return {*memory, memory};
}

}  // namespace mycelium::attack
