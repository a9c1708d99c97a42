// FieldCodec: every kind of member that a FIELDS type may have, in MessagePack.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <mycelium/bytes.h>
#include <mycelium/codec/declare.h>
#include <mycelium/codec/describe.h>
#include <mycelium/codec/flat.h>
#include <mycelium/limits.h>
#include <mycelium/msgpack.h>

namespace mycelium {

/// Whether values of T can be copied. Specialise as false for a local type that only claims to be,
/// such as one that holds a std::vector<std::unique_ptr<…>>.
template <class T>
inline constexpr bool is_copyable = std::is_copy_constructible_v<T>;

}  // namespace mycelium

namespace mycelium::codec {

using msgpack::head_bytes_max;

/// Specialised per kind. `bytes_max` where it is constant, else bound(): adds an upper bound of the
/// encoded size to `bytes`; false if it nests deeper than `depth` or outgrows a message. write()
/// relies on that bound. read() fails with the reader's error.
template <class M>
struct FieldCodec {
    static constexpr bool allowed = false;
    static constexpr bool copyable = false;
};

struct ValueCodec {
    static constexpr bool allowed = true;
    static constexpr bool copyable = true;
    static constexpr bool has_nil =
        false;  ///< nil is one of the values, and stands for an absent member
};

/// `nil` is read as the default.
template <class M>
bool read_value(msgpack::Reader& in, M& value, std::size_t depth) {
    if (in.try_nil()) {
        if constexpr (FieldCodec<M>::has_nil) value = M{};
        return true;
    }
    return FieldCodec<M>::read(in, value, depth);
}

template <class M>
bool add_bound(const M& value, std::size_t& bytes, std::size_t depth) noexcept {
    if constexpr (requires { FieldCodec<M>::bytes_max; }) {
        bytes += FieldCodec<M>::bytes_max;
        return true;
    } else {
        return FieldCodec<M>::bound(value, bytes, depth);
    }
}

inline bool add_content(std::size_t size, std::size_t& bytes) noexcept {
    if (size > limits::message_bytes_ceiling) return false;
    bytes += head_bytes_max + size;
    return bytes <= limits::message_bytes_ceiling;
}

template <>
struct FieldCodec<bool> : ValueCodec {
    static constexpr std::size_t bytes_max = 1;
    static void describe(Describer& to) { to.text("bool"); }
    static void write(msgpack::Writer& out, bool value) noexcept { out.boolean(value); }
    static bool read(msgpack::Reader& in, bool& value, std::size_t) noexcept {
        return in.boolean(value);
    }
};

template <msgpack::Integer M>
struct FieldCodec<M> : ValueCodec {
    static constexpr std::size_t bytes_max = 1 + sizeof(M);
    static void describe(Describer& to) { to.text(scalar_name<M>()); }
    static void write(msgpack::Writer& out, M value) noexcept { out.integer(value); }
    static bool read(msgpack::Reader& in, M& value, std::size_t) noexcept {
        return in.integer(value);
    }
};

template <Real M>
struct FieldCodec<M> : ValueCodec {
    static constexpr std::size_t bytes_max = 1 + sizeof(M);
    static void describe(Describer& to) { to.text(scalar_name<M>()); }
    static void write(msgpack::Writer& out, M value) noexcept { out.real(value); }
    static bool read(msgpack::Reader& in, M& value, std::size_t) noexcept { return in.real(value); }
};

/// An enum is its underlying integer; which values have a name cannot be known here.
template <Enum M>
requires msgpack::Integer<std::underlying_type_t<M>>
struct FieldCodec<M> : ValueCodec {
    using Underlying = std::underlying_type_t<M>;
    static constexpr std::size_t bytes_max = 1 + sizeof(M);
    static void describe(Describer& to) { to.text(scalar_name<Underlying>()); }
    static void write(msgpack::Writer& out, M value) noexcept {
        out.integer(static_cast<Underlying>(value));
    }
    static bool read(msgpack::Reader& in, M& value, std::size_t) noexcept {
        Underlying number;
        if (!in.integer(number)) return false;
        value = static_cast<M>(number);
        return true;
    }
};

template <>
struct FieldCodec<std::string> : ValueCodec {
    static void describe(Describer& to) { to.text("string"); }
    static bool bound(const std::string& text, std::size_t& bytes, std::size_t) noexcept {
        return add_content(text.size(), bytes);
    }
    static void write(msgpack::Writer& out, const std::string& text) noexcept { out.string(text); }
    static bool read(msgpack::Reader& in, std::string& text, std::size_t) {
        std::string_view view;
        if (!in.string(view)) return false;
        text.assign(view);
        return true;
    }
};

template <>
struct FieldCodec<Bytes> : ValueCodec {
    static void describe(Describer& to) { to.text("bytes"); }
    static bool bound(const Bytes& value, std::size_t& bytes, std::size_t) noexcept {
        return add_content(value.size(), bytes);
    }
    static void write(msgpack::Writer& out, const Bytes& value) noexcept {
        out.binary(value.span());
    }
    static bool read(msgpack::Reader& in, Bytes& value, std::size_t) {
        std::span<const std::byte> view;
        if (!in.binary(view)) return false;
        value = Bytes::copy_of(view);
        return true;
    }
};

template <>
struct FieldCodec<std::vector<std::byte>> : ValueCodec {
    static void describe(Describer& to) { to.text("bytes"); }
    static bool bound(const std::vector<std::byte>& value, std::size_t& bytes,
                      std::size_t) noexcept {
        return add_content(value.size(), bytes);
    }
    static void write(msgpack::Writer& out, const std::vector<std::byte>& value) noexcept {
        out.binary(value);
    }
    static bool read(msgpack::Reader& in, std::vector<std::byte>& value, std::size_t) {
        std::span<const std::byte> view;
        if (!in.binary(view)) return false;
        value.assign(view.begin(), view.end());
        return true;
    }
};

/// Of a vector or array.
template <class E>
bool bound_of_elements(const auto& list, std::size_t& bytes, std::size_t depth) noexcept {
    if (depth == 0) return false;
    if constexpr (requires { FieldCodec<E>::bytes_max; }) {
        if (list.size() > limits::message_bytes_ceiling / FieldCodec<E>::bytes_max) return false;
        return add_content(list.size() * FieldCodec<E>::bytes_max, bytes);
    } else {
        if (!add_content(0, bytes)) return false;
        for (const E& element : list)
            if (!add_bound(element, bytes, depth - 1)) return false;
        return true;
    }
}

template <class E>
struct FieldCodec<std::vector<E>> : ValueCodec {
    static constexpr bool allowed = FieldCodec<E>::allowed;
    static constexpr bool copyable = FieldCodec<E>::copyable;
    static void describe(Describer& to) {
        to.text("[]");
        FieldCodec<E>::describe(to);
    }
    static bool bound(const std::vector<E>& list, std::size_t& bytes, std::size_t depth) noexcept {
        return bound_of_elements<E>(list, bytes, depth);
    }
    static void write(msgpack::Writer& out, const std::vector<E>& list) noexcept {
        out.array(list.size());
        for (const E& element : list) FieldCodec<E>::write(out, element);
    }
    static bool read(msgpack::Reader& in, std::vector<E>& list, std::size_t depth) {
        if (depth == 0) return in.fail("nested too deep");
        std::uint32_t count;
        if (!in.array(count) || !in.may_allocate(count, sizeof(E))) return false;
        list.clear();
        list.reserve(count);
        for (; count > 0; --count) {
            if constexpr (std::is_same_v<E, bool>) {
                bool element = false;
                if (!read_value(in, element, depth - 1)) return false;
                list.push_back(element);
            } else {
                if (!read_value(in, list.emplace_back(), depth - 1)) return false;
            }
        }
        return true;
    }
};

template <class E, std::size_t length>
requires(!std::is_same_v<E, std::byte> && length > 0) struct FieldCodec<std::array<E, length>>
    : ValueCodec {
    static constexpr bool allowed = FieldCodec<E>::allowed;
    static constexpr bool copyable = FieldCodec<E>::copyable;
    static void describe(Describer& to) {
        to.text("[");
        to.number(length);
        to.text("]");
        FieldCodec<E>::describe(to);
    }
    static bool bound(const std::array<E, length>& list, std::size_t& bytes,
                      std::size_t depth) noexcept {
        return bound_of_elements<E>(list, bytes, depth);
    }
    static void write(msgpack::Writer& out, const std::array<E, length>& list) noexcept {
        out.array(length);
        for (const E& element : list) FieldCodec<E>::write(out, element);
    }
    static bool read(msgpack::Reader& in, std::array<E, length>& list, std::size_t depth) {
        if (depth == 0) return in.fail("nested too deep");
        std::uint32_t count;
        if (!in.array(count)) return false;
        if (count != length) return in.fail("an array of another length");
        for (E& element : list)
            if (!read_value(in, element, depth - 1)) return false;
        return true;
    }
};

template <std::size_t length>
struct FieldCodec<std::array<std::byte, length>> : ValueCodec {
    static constexpr bool allowed = length > 0;
    static constexpr std::size_t bytes_max = head_bytes_max + length;
    static void describe(Describer& to) { FlatMember<std::array<std::byte, length>>::describe(to); }
    static void write(msgpack::Writer& out, const std::array<std::byte, length>& value) noexcept {
        out.binary(value);
    }
    static bool read(msgpack::Reader& in, std::array<std::byte, length>& value,
                     std::size_t) noexcept {
        std::span<const std::byte> view;
        if (!in.binary(view)) return false;
        if (view.size() != length) return in.fail("a binary of another length");
        std::copy(view.begin(), view.end(), value.begin());
        return true;
    }
};

template <class K>
concept MapKey = msgpack::Integer<K> || Enum<K> || std::is_same_v<K, std::string>;

/// Of a key that comes twice the last value counts.
template <class Map>
struct MapCodec : ValueCodec {
    using K = typename Map::key_type;
    using V = typename Map::mapped_type;
    static constexpr bool allowed = MapKey<K> && FieldCodec<V>::allowed;
    static constexpr bool copyable = FieldCodec<V>::copyable;
    static constexpr std::size_t node_bytes = sizeof(typename Map::value_type) + 6 * sizeof(void*);

    static void describe(Describer& to) {
        to.text("{");
        FieldCodec<K>::describe(to);
        to.text(":");
        FieldCodec<V>::describe(to);
        to.text("}");
    }
    static bool bound(const Map& map, std::size_t& bytes, std::size_t depth) noexcept {
        if (depth == 0 || !add_content(0, bytes)) return false;
        for (const auto& pair : map)
            if (!add_bound(pair.first, bytes, depth - 1) ||
                !add_bound(pair.second, bytes, depth - 1))
                return false;
        return bytes <= limits::message_bytes_ceiling;
    }
    static void write(msgpack::Writer& out, const Map& map) noexcept {
        out.map(map.size());
        for (const auto& pair : map) {
            FieldCodec<K>::write(out, pair.first);
            FieldCodec<V>::write(out, pair.second);
        }
    }
    static bool read(msgpack::Reader& in, Map& map, std::size_t depth) {
        if (depth == 0) return in.fail("nested too deep");
        std::uint32_t count;
        if (!in.map(count) || !in.may_allocate(count, node_bytes)) return false;
        map.clear();
        for (; count > 0; --count) {
            K key{};
            if (!FieldCodec<K>::read(in, key, depth - 1)) return false;
            const auto [place, is_new] = map.try_emplace(std::move(key));
            if (!is_new) place->second = V{};
            if (!read_value(in, place->second, depth - 1)) return false;
        }
        return true;
    }
};
template <class K, class V, class Less, class Allocator>
struct FieldCodec<std::map<K, V, Less, Allocator>> : MapCodec<std::map<K, V, Less, Allocator>> {};
template <class K, class V, class Hash, class Equal, class Allocator>
struct FieldCodec<std::unordered_map<K, V, Hash, Equal, Allocator>>
    : MapCodec<std::unordered_map<K, V, Hash, Equal, Allocator>> {};

/// A member that may be missing: an optional or a pointer. Empty, it is left out of the map, and
/// nil in a list.
template <class M, class E>
struct MaybeCodec : ValueCodec {
    static constexpr bool allowed = FieldCodec<E>::allowed && !FieldCodec<E>::has_nil;
    static constexpr bool has_nil = true;
    static void describe(Describer& to) { FieldCodec<E>::describe(to); }
    static bool bound(const M& maybe, std::size_t& bytes, std::size_t depth) noexcept {
        if (maybe) return add_bound(static_cast<const E&>(*maybe), bytes, depth);
        ++bytes;
        return true;
    }
    static void write(msgpack::Writer& out, const M& maybe) noexcept {
        if (maybe)
            FieldCodec<E>::write(out, *maybe);
        else
            out.nil();
    }
};

template <class E>
struct FieldCodec<std::optional<E>> : MaybeCodec<std::optional<E>, E> {
    static constexpr bool copyable = FieldCodec<E>::copyable;
    static bool read(msgpack::Reader& in, std::optional<E>& maybe, std::size_t depth) {
        return FieldCodec<E>::read(in, maybe.emplace(), depth);
    }
};

template <class Pointer, class E>
struct PointerCodec : MaybeCodec<Pointer, E> {
    static constexpr bool copyable = std::is_copy_constructible_v<Pointer>;
    static bool read(msgpack::Reader& in, Pointer& pointer, std::size_t depth) {
        if (!in.may_allocate(1, sizeof(E) + 2 * sizeof(void*))) return false;
        auto object = std::make_unique<E>();
        if (!FieldCodec<E>::read(in, *object, depth)) return false;
        pointer = std::move(object);
        return true;
    }
};
template <class E>
struct FieldCodec<std::shared_ptr<E>> : PointerCodec<std::shared_ptr<E>, std::remove_const_t<E>> {};
template <class E>
struct FieldCodec<std::unique_ptr<E>> : PointerCodec<std::unique_ptr<E>, std::remove_const_t<E>> {};

/// A FLAT type inside is a binary: its memory.
template <class T>
requires(form_of<T>() == Form::flat) struct FieldCodec<T> : ValueCodec {
    static constexpr std::size_t bytes_max = head_bytes_max + sizeof(T);
    static void describe(Describer& to) { FlatMember<T>::describe(to); }
    static void write(msgpack::Writer& out, const T& object) noexcept {
        out.binary(std::as_bytes(std::span<const T, 1>{&object, 1}));
    }
    static bool read(msgpack::Reader& in, T& object, std::size_t) noexcept {
        std::span<const std::byte> view;
        if (!in.binary(view)) return false;
        if (view.size() != sizeof(T)) return in.fail("a FLAT value of another size");
        if (!FlatMember<T>::valid(view.data())) return in.fail("a boolean that is neither 0 nor 1");
        std::memcpy(&object, view.data(), sizeof(T));
        return true;
    }
};

}  // namespace mycelium::codec
