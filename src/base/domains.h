// The relay domains' names, as commands and fabric files write them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace mycelium::base {

/// At the place of its number less one.
inline constexpr std::array<std::string_view, 3> domain_names{"market_data", "signal", "execution"};

/// "?": there is no such domain.
constexpr std::string_view domain_name(std::uint8_t domain) noexcept {
    return domain >= 1 && domain <= domain_names.size() ? domain_names[domain - 1u] : "?";
}
/// 0: there is none of that name.
constexpr std::uint8_t domain_named(std::string_view name) noexcept {
    for (std::uint8_t domain = 1; domain <= domain_names.size(); ++domain)
        if (domain_name(domain) == name) return domain;
    return 0;
}

}  // namespace mycelium::base
