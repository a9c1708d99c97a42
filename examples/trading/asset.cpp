#include "asset.h"

#include <algorithm>

namespace trading {
namespace {

// The first stands for "no character", so that no two names share a number.
constexpr std::string_view digits = "_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
constexpr std::uint64_t base = digits.size();

}  // namespace

mycelium::Result<std::uint64_t> asset_id_of(std::string_view name) {
    using mycelium::Errc;
    using mycelium::Error;
    if (name.empty()) return Error{Errc::malformed, "product_id is empty"};
    if (name.size() > asset_name_bytes_max)
        return Error{Errc::malformed, "product_id is longer than 12 characters"};
    std::uint64_t id = 0;
    for (const char c : name) {
        const std::size_t digit = digits.find(c);
        if (digit == 0 || digit == std::string_view::npos)
            return Error{Errc::malformed, "product_id has a character other than A-Z, 0-9 and -"};
        id = id * base + digit;
    }
    return id;
}

std::string asset_name_of(std::uint64_t id) {
    std::string name;
    for (; id != 0; id /= base) {
        if (id % base == 0) return "?";
        name.push_back(digits[id % base]);
    }
    if (name.empty() || name.size() > asset_name_bytes_max) return "?";
    std::reverse(name.begin(), name.end());
    return name;
}

}  // namespace trading
