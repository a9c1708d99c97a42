// Reference: what stands in a record's payload where the payload lies in a chunk of a pool.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/endian.h"

namespace mycelium::transport {

struct Reference {
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;  ///< in the segment
    std::uint64_t size = 0;
    std::uint64_t ticket = 0;  ///< to be told when it is released

    static constexpr std::size_t bytes = 32;

    std::array<std::byte, bytes> encode() const noexcept {
        std::array<std::byte, bytes> out{};
        base::store_little(&out[0], segment);
        base::store_little(&out[8], offset);
        base::store_little(&out[16], size);
        base::store_little(&out[24], ticket);
        return out;
    }
    static Reference decode(std::span<const std::byte, bytes> in) noexcept {
        return {base::load_little<std::uint32_t>(&in[0]), base::load_little<std::uint64_t>(&in[8]),
                base::load_little<std::uint64_t>(&in[16]),
                base::load_little<std::uint64_t>(&in[24])};
    }
};

}  // namespace mycelium::transport
