#include <mycelium/msgpack.h>

#include <array>
#include <cmath>

namespace mycelium::msgpack {

std::string_view name_of(Kind kind) noexcept {
    switch (kind) {
        case Kind::nil:
            return "nil";
        case Kind::boolean:
            return "a boolean";
        case Kind::integer:
            return "an integer";
        case Kind::real:
            return "a real number";
        case Kind::string:
            return "a string";
        case Kind::binary:
            return "a binary";
        case Kind::array:
            return "an array";
        case Kind::map:
            return "a map";
        case Kind::extension:
            return "an extension";
        case Kind::invalid:
            return "the invalid byte 0xc1";
        case Kind::end:
            return "the end";
    }
    return "?";
}

Kind Reader::kind_of(std::uint8_t tag) noexcept {
    if (tag < 0x80 || tag >= 0xe0) return Kind::integer;
    if (tag < 0x90) return Kind::map;
    if (tag < 0xa0) return Kind::array;
    if (tag < 0xc0) return Kind::string;
    switch (tag) {
        case 0xc0:
            return Kind::nil;
        case 0xc1:
            return Kind::invalid;
        case 0xc2:
        case 0xc3:
            return Kind::boolean;
        case 0xc4:
        case 0xc5:
        case 0xc6:
            return Kind::binary;
        case 0xca:
        case 0xcb:
            return Kind::real;
        case 0xd9:
        case 0xda:
        case 0xdb:
            return Kind::string;
        case 0xdc:
        case 0xdd:
            return Kind::array;
        case 0xde:
        case 0xdf:
            return Kind::map;
        default:
            break;
    }
    const bool is_number = tag >= 0xcc && tag <= 0xd3;
    return is_number ? Kind::integer : Kind::extension;
}

bool Reader::real_slow(double& value) noexcept {
    switch (peek()) {
        case Kind::real:
            break;
        case Kind::integer: {
            if (tag() == 0xcf) {
                std::uint64_t read = 0;
                if (!integer(read)) return false;
                value = static_cast<double>(read);
                return true;
            }
            std::int64_t read = 0;
            if (!integer(read)) return false;
            value = static_cast<double>(read);
            return true;
        }
        default:
            return expected(Kind::real);
    }
    const bool is_double = tag() == 0xcb;
    const std::size_t size = is_double ? 9 : 5;
    if (left() < size) return truncated();
    value = is_double ? std::bit_cast<double>(detail::load_big<std::uint64_t>(at_ + 1))
                      : std::bit_cast<float>(detail::load_big<std::uint32_t>(at_ + 1));
    at_ += size;
    return true;
}

bool Reader::narrow(double wide_value, float& value) noexcept {
    constexpr double max = std::numeric_limits<float>::max();
    if (std::isfinite(wide_value) && (wide_value > max || wide_value < -max))
        return fail("a number out of a float's range");
    value = static_cast<float>(wide_value);
    return true;
}

// A length of `width` bytes after the tag.
bool Reader::sized(std::size_t width, std::uint32_t& size) noexcept {
    if (left() <= width) return truncated();
    if (width == 1)
        size = detail::load_big<std::uint8_t>(at_ + 1);
    else if (width == 2)
        size = detail::load_big<std::uint16_t>(at_ + 1);
    else
        size = detail::load_big<std::uint32_t>(at_ + 1);
    at_ += 1 + width;
    return true;
}

bool Reader::string_wide(std::uint32_t& size) noexcept {
    if (peek() != Kind::string) return expected(Kind::string);
    const std::byte* start = at_;
    if (!sized(std::size_t{1} << (tag() - 0xd9), size)) return false;
    return size <= left() || fail_at(start, "a string longer than the message");
}

bool Reader::binary_head(std::uint32_t& size) noexcept {
    if (peek() != Kind::binary) return expected(Kind::binary);
    const std::byte* start = at_;
    if (!sized(std::size_t{1} << (tag() - 0xc4), size)) return false;
    return size <= left() || fail_at(start, "a binary longer than the message");
}

bool Reader::array_wide(std::uint32_t& count) noexcept {
    if (peek() != Kind::array) return expected(Kind::array);
    const std::byte* start = at_;
    if (!sized(tag() == 0xdc ? 2 : 4, count)) return false;
    return count <= left() || fail_at(start, "an array of more elements than there are bytes");
}

bool Reader::map_wide(std::uint32_t& count) noexcept {
    if (peek() != Kind::map) return expected(Kind::map);
    const std::byte* start = at_;
    if (!sized(tag() == 0xde ? 2 : 4, count)) return false;
    return count <= left() / 2 || fail_at(start, "a map of more pairs than there are bytes");
}

// Reads a scalar whole, or the head of a container that `children` values follow.
bool Reader::skip_head(std::uint64_t& children) noexcept {
    children = 0;
    std::string_view text;
    std::span<const std::byte> bytes;
    std::uint32_t count = 0;
    switch (peek()) {
        case Kind::nil:
            ++at_;
            return true;
        case Kind::boolean:
            ++at_;
            return true;
        case Kind::integer: {
            const std::uint8_t first = tag();
            const bool is_small = first < 0x80 || first >= 0xe0;
            const std::size_t size = is_small ? 1 : 1 + (std::size_t{1} << ((first - 0xcc) & 3));
            if (left() < size) return truncated();
            at_ += size;
            return true;
        }
        case Kind::real: {
            double value;
            return real_slow(value);
        }
        case Kind::string:
            return string(text);
        case Kind::binary:
            return binary(bytes);
        case Kind::array:
            if (!array(count)) return false;
            children = count;
            return true;
        case Kind::map:
            if (!map(count)) return false;
            children = std::uint64_t{2} * count;
            return true;
        case Kind::extension: {
            const std::byte* start = at_;
            const std::uint8_t first = tag();
            if (first >= 0xd4) {
                count = std::uint32_t{1} << (first - 0xd4);
                ++at_;
            } else if (!sized(std::size_t{1} << (first - 0xc7), count)) {
                return false;
            }
            if (std::uint64_t{count} + 1 > left())
                return fail_at(start, "an extension longer than the message");
            at_ += std::size_t{count} + 1;
            return true;
        }
        case Kind::invalid:
            return fail("the byte 0xc1 begins no value");
        case Kind::end:
            return truncated();
    }
    return truncated();
}

bool Reader::skip() noexcept {
    std::array<std::uint64_t, limits::codec_depth_max> open;  // values still to come, per level
    std::size_t depth = 0;
    do {
        if (depth > 0) --open[depth - 1];
        std::uint64_t children;
        if (!skip_head(children)) return false;
        if (children > 0) {
            if (depth == open.size()) return fail("nested too deep");
            open[depth++] = children;
        }
        while (depth > 0 && open[depth - 1] == 0) --depth;
    } while (depth > 0);
    return true;
}

bool Reader::raw(std::span<const std::byte>& bytes) noexcept {
    const std::byte* start = at_;
    if (!skip()) return false;
    bytes = {start, at_};
    return true;
}

bool Reader::expected(Kind kind) noexcept {
    if (!reason_) {
        expected_ = kind;
        found_ = peek();
    }
    return fail("unexpected");
}

bool Reader::fail_at(const std::byte* at, const char* reason) noexcept {
    if (!reason_) {
        reason_ = reason;
        failed_at_ = at;
    }
    return false;
}

bool Reader::failed_in(std::uint32_t number, std::string_view member) noexcept {
    if (member_.empty()) {
        member_number_ = number;
        member_ = member;
    }
    return false;
}

Error Reader::error() const {
    std::string text = "byte " + std::to_string(failed_at_ - begin_) + ": ";
    if (expected_ != Kind::invalid)
        text.append(name_of(found_))
            .append(" where ")
            .append(name_of(expected_))
            .append(" is expected");
    else
        text.append(reason_ ? reason_ : "no failure");
    if (!member_.empty())
        text.append(" (field ")
            .append(std::to_string(member_number_))
            .append(" '")
            .append(member_)
            .append("')");
    return {Errc::malformed, std::move(text)};
}

}  // namespace mycelium::msgpack
