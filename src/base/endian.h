// Little-endian integers at any address: the byte order of every format of ours.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>

namespace mycelium::base {

static_assert(std::endian::native == std::endian::little,
              "FLAT types are their memory: hosts are little-endian");

/// Reads sizeof(T) bytes; the caller has checked that they are there.
template <std::unsigned_integral T>
T load_little(const std::byte* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// Writes sizeof(T) bytes; the caller has checked that there is room.
template <std::unsigned_integral T>
void store_little(std::byte* to, T value) noexcept {
    std::memcpy(to, &value, sizeof value);
}

}  // namespace mycelium::base
