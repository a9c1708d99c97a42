#include <mycelium/result.h>

#include <array>
#include <cstddef>

namespace mycelium {
namespace {

// In the order of Errc; the numbers and the names are part of the wire format.
constexpr std::array<std::string_view, 12> names{"invalid",  "unavailable", "timeout", "overloaded",
                                                 "closed",   "lost",        "denied",  "malformed",
                                                 "mismatch", "unsupported", "failed",  "internal"};

}  // namespace

std::string_view name_of(Errc code) noexcept {
    const auto index = static_cast<std::size_t>(code);
    return index < names.size() ? names[index] : "internal";
}

Errc errc_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Errc>(i);
    return Errc::internal;
}

}  // namespace mycelium
