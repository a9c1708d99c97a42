// FlatMember: what may stand in a FLAT or TLV type, and how its bytes are judged before they become
// values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <mycelium/codec/declare.h>
#include <mycelium/codec/describe.h>
#include <mycelium/msgpack.h>

namespace mycelium::codec {

/// The name of an integer or real type in descriptions: "u8" … "i64", "f32", "f64".
template <class M>
constexpr std::string_view scalar_name() noexcept {
    constexpr std::string_view names[2][4] = {{"u8", "u16", "u32", "u64"},
                                              {"i8", "i16", "i32", "i64"}};
    if constexpr (std::is_floating_point_v<M>)
        return sizeof(M) == 4 ? "f32" : "f64";
    else
        return names[std::is_signed_v<M>][sizeof(M) == 1   ? 0
                                          : sizeof(M) == 2 ? 1
                                          : sizeof(M) == 4 ? 2
                                                           : 3];
}

template <class M>
concept Real = std::is_same_v<M, float> || std::is_same_v<M, double>;
template <class M>
concept Enum = std::is_enum_v<M> && !std::is_same_v<M, std::byte>;

/// Specialised for every type that may be a member; `size` is its size on the wire.
/// `every_pattern`: all bytes are values.
template <class M>
struct FlatMember {
    static constexpr bool allowed = false;
};

template <class M>
requires(msgpack::Integer<M> || Real<M>) struct FlatMember<M> {
    static constexpr bool allowed = true;
    static constexpr bool every_pattern = true;
    static constexpr std::size_t size = sizeof(M);
    static bool valid(const std::byte*) noexcept { return true; }
    static void describe(Describer& to) { to.text(scalar_name<M>()); }
};

template <>
struct FlatMember<std::byte> : FlatMember<std::uint8_t> {
    static void describe(Describer& to) { to.text("byte"); }
};

template <>
struct FlatMember<char> : FlatMember<std::uint8_t> {
    static void describe(Describer& to) { to.text("char"); }
};

template <>
struct FlatMember<bool> {
    static constexpr bool allowed = sizeof(bool) == 1;
    static constexpr bool every_pattern = false;
    static constexpr std::size_t size = 1;
    static bool valid(const std::byte* at) noexcept { return *at <= std::byte{1}; }
    static void describe(Describer& to) { to.text("bool"); }
};

/// An enum is its underlying integer: which values have a name cannot be known here.
template <Enum M>
struct FlatMember<M> : FlatMember<std::underlying_type_t<M>> {};

template <class E, std::size_t count>
struct FlatArray {
    using Element = FlatMember<E>;
    static constexpr bool allowed = Element::allowed && count > 0;
    static constexpr bool every_pattern = Element::every_pattern;
    static constexpr std::size_t size = Element::size * count;
    static bool valid(const std::byte* at) noexcept {
        if constexpr (!every_pattern)
            for (std::size_t i = 0; i < count; ++i)
                if (!Element::valid(at + i * Element::size)) return false;
        return true;
    }
    static void describe(Describer& to) {
        to.text("[");
        to.number(count);
        to.text("]");
        Element::describe(to);
    }
};
template <class E, std::size_t count>
requires(FlatMember<E>::allowed) struct FlatMember<std::array<E, count>> : FlatArray<E, count> {
};
template <class E, std::size_t count>
requires(FlatMember<E>::allowed) struct FlatMember<E[count]> : FlatArray<E, count> {
};

/// Members one after the other: of a FLAT type because it has no padding, of a TLV type because
/// that is its wire form.
template <class T>
struct Packed {
    static constexpr std::size_t size = [] {
        std::size_t sum = 0;
        for_each_field<T>([&]<class F>(std::size_t) { sum += FlatMember<typename F::Type>::size; });
        return sum;
    }();
    static constexpr bool every_pattern = [] {
        bool all = true;
        for_each_field<T>([&]<class F>(std::size_t) {
            all = all && FlatMember<typename F::Type>::every_pattern;
        });
        return all;
    }();
    /// The memory is the packed form: members in order of their places, no padding.
    static constexpr bool is_memory = [] {
        std::size_t place = 0;
        bool all = true;
        for_each_field<T>([&]<class F>(std::size_t index) {
            all = all && declaration_of<T>.offsets[index] == place;
            place += FlatMember<typename F::Type>::size;
        });
        return all && place == sizeof(T);
    }();

    /// Null, or the name of the first member whose bytes are no value of its type.
    static const char* invalid_member(const std::byte* at) noexcept {
        const char* name = nullptr;
        if constexpr (!every_pattern)
            for_each_field<T>([&]<class F>(std::size_t index) {
                using Member = FlatMember<typename F::Type>;
                if (!name && !Member::valid(at)) name = declaration_of<T>.names[index].data();
                at += Member::size;
            });
        return name;
    }
    /// Lines "offset name kind" for descriptions.
    static void describe_members(Describer& to) {
        std::size_t offset = 0;
        for_each_field<T>([&]<class F>(std::size_t index) {
            to.number(offset);
            to.text(" ");
            to.text(declaration_of<T>.names[index]);
            to.text(" ");
            FlatMember<typename F::Type>::describe(to);
            to.text("\n");
            offset += FlatMember<typename F::Type>::size;
        });
    }
};

template <class T>
void describe_flat(Describer& to) {
    to.text("flat ");
    to.name(declaration_of<T>.name);
    to.text(" ");
    to.number(sizeof(T));
    to.text("\n");
    Packed<T>::describe_members(to);
}

template <class T>
requires(form_of<T>() == Form::flat) struct FlatMember<T> {
    static constexpr bool allowed = true;
    static constexpr bool every_pattern = Packed<T>::every_pattern;
    static constexpr std::size_t size = sizeof(T);
    static bool valid(const std::byte* at) noexcept {
        return Packed<T>::invalid_member(at) == nullptr;
    }
    static void describe(Describer& to) { to.reference(typeid(T), &describe_flat<T>); }
};

template <class T>
constexpr void check_packed_members() noexcept {
    static_assert(std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>,
                  "a FLAT or TLV type is trivially copyable and has standard layout");
    for_each_field<T>([]<class F>(std::size_t) {
        static_assert(
            FlatMember<typename F::Type>::allowed,
            "members of FLAT and TLV types are fixed-width integers, float, double, char, bool, "
            "enums, "
            "std::byte, arrays of them and FLAT types declared before; no pointers, no containers");
    });
}

/// Called by MYCELIUM_FLAT: fails to compile with the reason.
template <class T>
consteval bool check_flat() noexcept {
    static_assert(DeclarationOf<T>::Fields::count > 0, "a FLAT type has a member");
    check_packed_members<T>();
    static_assert(Packed<T>::is_memory,
                  "a FLAT type has no padding, and MYCELIUM_FLAT names all its members in their "
                  "order: add a member for the "
                  "padding, or name what is missing");
    static_assert(sizeof(T) <= limits::message_bytes_ceiling);
    return true;
}

}  // namespace mycelium::codec
