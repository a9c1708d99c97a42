// MessagePack: an unchecked writer into memory that is known to suffice, one that grows, and a
// bounded reader.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <mycelium/bytes.h>
#include <mycelium/limits.h>
#include <mycelium/result.h>

namespace mycelium::msgpack {

static_assert(std::endian::native == std::endian::little,
              "Mycelium's formats are little-endian and so must be the machine");

/// Memory that one decoded message may take, however little is on the wire: this, plus so many
/// bytes per byte received. A list of absent values is one byte per element, whatever an element
/// takes in memory.
inline constexpr std::size_t decoded_bytes_base = 64 * MiB;
inline constexpr std::size_t decoded_bytes_per_byte = 64;

/// What a value is; integers of both signs are one kind.
enum class Kind : std::uint8_t {
    nil,
    boolean,
    integer,
    real,
    string,
    binary,
    array,
    map,
    extension,
    invalid,  ///< the byte 0xc1, which begins nothing
    end,      ///< no more input
};
std::string_view name_of(Kind kind) noexcept;

/// An integer type of the language that is a number, not a character.
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                  !std::same_as<T, char16_t> && !std::same_as<T, char32_t> && sizeof(T) <= 8;

namespace detail {

template <class Unsigned>
inline Unsigned swapped(Unsigned value) noexcept {
    if constexpr (sizeof(Unsigned) == 1)
        return value;
    else if constexpr (sizeof(Unsigned) == 2)
        return __builtin_bswap16(value);
    else if constexpr (sizeof(Unsigned) == 4)
        return __builtin_bswap32(value);
    else
        return __builtin_bswap64(value);
}
template <class Unsigned>
inline void store_big(std::byte* to, Unsigned value) noexcept {
    value = swapped(value);
    std::memcpy(to, &value, sizeof value);
}
template <class Unsigned>
inline Unsigned load_big(const std::byte* from) noexcept {
    Unsigned value;
    std::memcpy(&value, from, sizeof value);
    return swapped(value);
}

/// Memory of the caller's, known to suffice.
class FixedSink {
public:
    explicit FixedSink(std::byte* memory) noexcept : begin_(memory), at_(memory) {}
    std::byte* claim(std::size_t size) noexcept { return std::exchange(at_, at_ + size); }
    std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

private:
    std::byte* begin_;
    std::byte* at_;
};

/// Memory that grows.
class GrowingSink {
public:
    std::byte* claim(std::size_t size) {
        bytes_.resize(bytes_.size() + size);
        return bytes_.data() + bytes_.size() - size;
    }
    std::size_t size() const noexcept { return bytes_.size(); }
    std::span<const std::byte> bytes() const noexcept { return bytes_; }
    std::vector<std::byte> take() noexcept { return std::exchange(bytes_, {}); }

private:
    std::vector<std::byte> bytes_;
};

}  // namespace detail

/// Appends values in their shortest encoding. Strings, binaries, arrays and maps hold fewer than
/// 2^32 of theirs.
template <class Sink>
class BasicWriter {
public:
    BasicWriter() requires std::default_initializable<Sink>
    = default;
    /// Writes to `memory` without looking at a bound: the caller has computed one.
    explicit BasicWriter(
        std::byte* memory) noexcept requires std::constructible_from<Sink, std::byte*>
        : sink_(memory) {}

    void nil() { put(0xc0); }
    void boolean(bool value) { put(value ? 0xc3 : 0xc2); }
    template <Integer I>
    void integer(I value) {
        if constexpr (std::is_signed_v<I>) {
            if (value < 0) return negative(value);
        }
        positive(static_cast<std::make_unsigned_t<I>>(value));
    }
    void real(float value) { put(0xca, std::bit_cast<std::uint32_t>(value)); }
    void real(double value) { put(0xcb, std::bit_cast<std::uint64_t>(value)); }
    void string(std::string_view text) {
        head(text.size(), 0xa0, 31, 0xd9, 0xda, 0xdb);
        raw(std::as_bytes(std::span{text}));
    }
    void binary(std::span<const std::byte> bytes) {
        if (bytes.size() <= 0xff)
            put(0xc4, static_cast<std::uint8_t>(bytes.size()));
        else if (bytes.size() <= 0xffff)
            put(0xc5, static_cast<std::uint16_t>(bytes.size()));
        else
            put(0xc6, static_cast<std::uint32_t>(bytes.size()));
        raw(bytes);
    }
    /// `count` values follow.
    void array(std::size_t count) { head(count, 0x90, 15, 0, 0xdc, 0xdd); }
    /// `count` pairs of key and value follow.
    void map(std::size_t count) { head(count, 0x80, 15, 0, 0xde, 0xdf); }
    /// Bytes that are encoded already.
    void raw(std::span<const std::byte> bytes) {
        if (!bytes.empty()) std::memcpy(sink_.claim(bytes.size()), bytes.data(), bytes.size());
    }

    std::size_t size() const noexcept { return sink_.size(); }
    /// What was written so far.
    std::span<const std::byte> bytes()
        const noexcept requires std::same_as<Sink, detail::GrowingSink> {
        return sink_.bytes();
    }
    /// Ends the writing and leaves the writer empty.
    std::vector<std::byte> take() noexcept requires std::same_as<Sink, detail::GrowingSink> {
        return sink_.take();
    }

private:
    void put(std::uint8_t tag) { *sink_.claim(1) = std::byte{tag}; }
    template <class Unsigned>
    void put(std::uint8_t tag, Unsigned value) {
        std::byte* at = sink_.claim(1 + sizeof value);
        *at = std::byte{tag};
        detail::store_big(at + 1, value);
    }
    template <class Unsigned>
    void positive(Unsigned value) {
        if (value < 0x80) return put(static_cast<std::uint8_t>(value));
        if (value <= 0xff) return put(0xcc, static_cast<std::uint8_t>(value));
        if constexpr (sizeof value > 1) {
            if (value <= 0xffff) return put(0xcd, static_cast<std::uint16_t>(value));
        }
        if constexpr (sizeof value > 2) {
            if (value <= 0xffffffff) return put(0xce, static_cast<std::uint32_t>(value));
        }
        if constexpr (sizeof value > 4) put(0xcf, static_cast<std::uint64_t>(value));
    }
    template <class Signed>
    void negative(Signed value) {
        const std::int64_t wide = value;
        if (wide >= -32)
            put(static_cast<std::uint8_t>(wide));
        else if (wide >= INT8_MIN)
            put(0xd0, static_cast<std::uint8_t>(wide));
        else if (wide >= INT16_MIN)
            put(0xd1, static_cast<std::uint16_t>(wide));
        else if (wide >= INT32_MIN)
            put(0xd2, static_cast<std::uint32_t>(wide));
        else
            put(0xd3, static_cast<std::uint64_t>(wide));
    }
    // A length in the tag up to `small_max`, else in 1 (if `tag8`), 2 or 4 bytes.
    void head(std::size_t count, std::uint8_t small, std::size_t small_max, std::uint8_t tag8,
              std::uint8_t tag16, std::uint8_t tag32) {
        if (count <= small_max)
            put(static_cast<std::uint8_t>(small | count));
        else if (tag8 != 0 && count <= 0xff)
            put(tag8, static_cast<std::uint8_t>(count));
        else if (count <= 0xffff)
            put(tag16, static_cast<std::uint16_t>(count));
        else
            put(tag32, static_cast<std::uint32_t>(count));
    }

    Sink sink_;
};

/// Into memory whose size the caller has bounded.
using Writer = BasicWriter<detail::FixedSink>;
/// Into memory of its own: take() hands it out.
using Builder = BasicWriter<detail::GrowingSink>;

/// Upper bounds of what the writer writes for one value, without content.
inline constexpr std::size_t head_bytes_max = 5;
inline constexpr std::size_t integer_bytes_max = 9;

/// Reads values in order from bytes that anyone may have written. Every read returns whether it
/// succeeded; the first failure sticks, and error() tells it with its position. Views point into
/// the input. Any format that holds the value is accepted, not only the shortest one.
class Reader {
public:
    explicit Reader(std::span<const std::byte> input) noexcept
        : begin_(input.data()),
          at_(input.data()),
          end_(input.data() + input.size()),
          memory_left_(decoded_bytes_base + decoded_bytes_per_byte * input.size()) {}

    std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
    /// What comes next, without reading it.
    Kind peek() const noexcept { return at_ == end_ ? Kind::end : kind_of(tag()); }
    /// The input from `position` (of an earlier moment) to here.
    std::span<const std::byte> since(std::size_t position) const noexcept {
        return {begin_ + position, at_};
    }

    /// True if a nil was there and is read; never a failure.
    bool try_nil() noexcept {
        if (at_ == end_ || tag() != 0xc0) return false;
        ++at_;
        return true;
    }
    bool nil() noexcept { return try_nil() || expected(Kind::nil); }
    bool boolean(bool& value) noexcept {
        if (at_ == end_ || (tag() & 0xfe) != 0xc2) return expected(Kind::boolean);
        value = (tag() & 1) != 0;
        ++at_;
        return true;
    }
    /// Any integer that I can hold; another one is a failure.
    template <Integer I>
    bool integer(I& value) noexcept {
        if (at_ == end_) return expected(Kind::integer);
        const std::uint8_t first = tag();
        if (first < 0x80) {
            ++at_;
            value = static_cast<I>(first);
            return true;
        }
        if (first >= 0xe0) {
            if constexpr (std::is_unsigned_v<I>) return fail("a negative number where none may be");
            ++at_;
            value = static_cast<I>(static_cast<std::int8_t>(first));
            return true;
        }
        switch (first) {
            case 0xcc:
                return wide<std::uint8_t>(value);
            case 0xcd:
                return wide<std::uint16_t>(value);
            case 0xce:
                return wide<std::uint32_t>(value);
            case 0xcf:
                return wide<std::uint64_t>(value);
            case 0xd0:
                return wide<std::int8_t>(value);
            case 0xd1:
                return wide<std::int16_t>(value);
            case 0xd2:
                return wide<std::int32_t>(value);
            case 0xd3:
                return wide<std::int64_t>(value);
            default:
                return expected(Kind::integer);
        }
    }
    /// True if an integer of one byte, 0 to 127, was there and is read; never a failure.
    bool try_small(std::uint32_t& value) noexcept {
        if (at_ == end_ || tag() >= 0x80) return false;
        value = tag();
        ++at_;
        return true;
    }
    /// A real number of either width, or an integer (some writers make 2 of 2.0). A float is
    /// rounded; out of its range is a failure, infinity and NaN are not.
    template <std::floating_point F>
    bool real(F& value) noexcept {
        if (at_ != end_ && tag() == 0xcb && left() >= 9 && sizeof(F) == 8) {
            value = static_cast<F>(std::bit_cast<double>(detail::load_big<std::uint64_t>(at_ + 1)));
            at_ += 9;
            return true;
        }
        double wide_value;
        if (!real_slow(wide_value)) return false;
        return narrow(wide_value, value);
    }
    bool string(std::string_view& text) noexcept {
        std::uint32_t size;
        if (!string_head(size)) return false;
        text = {reinterpret_cast<const char*>(at_), size};
        at_ += size;
        return true;
    }
    bool binary(std::span<const std::byte>& bytes) noexcept {
        std::uint32_t size;
        if (!binary_head(size)) return false;
        bytes = {at_, size};
        at_ += size;
        return true;
    }
    /// `count` values follow; never more than there are bytes left.
    bool array(std::uint32_t& count) noexcept {
        if (at_ == end_ || (tag() & 0xf0) != 0x90) return array_wide(count);
        count = tag() & 0x0f;
        ++at_;
        return count <= left() ||
               fail_at(at_ - 1, "an array of more elements than there are bytes");
    }
    /// `count` pairs follow; never more than half the bytes left.
    bool map(std::uint32_t& count) noexcept {
        if (at_ == end_ || (tag() & 0xf0) != 0x80) return map_wide(count);
        count = tag() & 0x0f;
        ++at_;
        return count <= left() / 2 || fail_at(at_ - 1, "a map of more pairs than there are bytes");
    }
    /// One value of any kind, nested at most codec_depth_max deep.
    bool skip() noexcept;
    /// The same; `bytes` becomes its encoding.
    bool raw(std::span<const std::byte>& bytes) noexcept;
    /// Fails unless the input ends here.
    bool end() noexcept { return at_ == end_ || fail("bytes after the end of the message"); }

    /// To be asked before `count` objects of `size` bytes are allocated.
    bool may_allocate(std::size_t count, std::size_t size) noexcept {
        if (size != 0 && count > memory_left_ / size)
            return fail("more objects than its size allows");
        memory_left_ -= count * size;
        return true;
    }

    bool failed() const noexcept { return reason_ != nullptr; }
    /// Makes the first failure, at the current position. Returns false. `reason` must live for
    /// ever.
    bool fail(const char* reason) noexcept { return fail_at(at_, reason); }
    /// The innermost member in which reading failed; the first call after a failure wins. Returns
    /// false.
    bool failed_in(std::uint32_t number, std::string_view member) noexcept;
    /// `malformed`, with position and reason. Only after a failure.
    Error error() const;

private:
    std::uint8_t tag() const noexcept { return std::to_integer<std::uint8_t>(*at_); }
    static Kind kind_of(std::uint8_t tag) noexcept;
    template <class Wire, class I>
    bool wide(I& value) noexcept {
        if (left() <= sizeof(Wire)) return truncated();
        const auto read = static_cast<Wire>(detail::load_big<std::make_unsigned_t<Wire>>(at_ + 1));
        if (!std::in_range<I>(read)) return fail("a number out of range");
        at_ += 1 + sizeof(Wire);
        value = static_cast<I>(read);
        return true;
    }
    bool narrow(double wide_value, double& value) noexcept {
        value = wide_value;
        return true;
    }
    bool narrow(double wide_value, float& value) noexcept;
    bool real_slow(double& value) noexcept;
    bool string_head(std::uint32_t& size) noexcept {
        if (at_ == end_ || (tag() & 0xe0) != 0xa0) return string_wide(size);
        size = tag() & 0x1f;
        if (size >= left()) return truncated();
        ++at_;
        return true;
    }
    bool string_wide(std::uint32_t& size) noexcept;
    bool binary_head(std::uint32_t& size) noexcept;
    bool array_wide(std::uint32_t& count) noexcept;
    bool map_wide(std::uint32_t& count) noexcept;
    bool sized(std::size_t width, std::uint32_t& size) noexcept;
    bool skip_head(std::uint64_t& children) noexcept;
    bool truncated() noexcept { return fail("cut off"); }
    bool expected(Kind kind) noexcept;
    bool fail_at(const std::byte* at, const char* reason) noexcept;

    const std::byte* begin_;
    const std::byte* at_;
    const std::byte* end_;
    std::size_t memory_left_;
    const char* reason_ = nullptr;
    const std::byte* failed_at_ = nullptr;
    Kind expected_ = Kind::invalid;
    Kind found_ = Kind::invalid;
    std::uint32_t member_number_ = 0;
    std::string_view member_;
};

}  // namespace mycelium::msgpack
