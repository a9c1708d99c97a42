// Digest: one number for a sequence of signals, to compare runs.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "messages.h"

namespace trading {

/// FNV-1a, 64 bits, over the signals' wire form: each field in its order, low byte first.
class Digest {
public:
    void add(const Signal& signal) noexcept;
    std::uint64_t value() const noexcept { return hash_; }
    /// Sixteen lower-case hexadecimal digits.
    static std::string text_of(std::uint64_t value);
    std::string text() const { return text_of(hash_); }

private:
    template <std::integral Integer>
    void add_integer(Integer value) noexcept;

    std::uint64_t hash_ = 14695981039346656037u;
};

}  // namespace trading
