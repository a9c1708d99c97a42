// How a type declares its wire form: MYCELIUM_FLAT, MYCELIUM_TLV, MYCELIUM_FIELDS. Each defines one
// function beside the type, which argument-dependent lookup finds from here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <mycelium/schema.h>

namespace mycelium::codec {

/// Brings the type's namespace into the lookup of its declaration.
template <class T>
struct Tag {};

/// One member of a declared type.
template <auto Pointer, std::uint32_t Number = 0>
struct Field;
template <class Class, class M, M Class::*Pointer, std::uint32_t Number>
struct Field<Pointer, Number> {
    using Type = M;
    static constexpr std::uint32_t number = Number;
    template <class Object>
    static constexpr auto& of(Object& object) noexcept {
        return object.*Pointer;
    }
};

template <class... Fields>
struct FieldList {
    static constexpr std::size_t count = sizeof...(Fields);
};

/// What a macro below leaves behind: the form, the members as types, their names and places as
/// values.
template <Form TheForm, int TlvType, class TheFields>
struct Declaration {
    static constexpr Form form = TheForm;
    static constexpr int tlv_type = TlvType;
    using Fields = TheFields;

    std::string_view name;
    std::array<std::string_view, Fields::count> names;
    std::array<std::size_t, Fields::count> offsets;  ///< in memory; FIELDS: unused
};

/// The type as the macro spelled it, without the namespaces before it.
constexpr std::string_view unqualified(std::string_view spelling) noexcept {
    const std::size_t arguments = spelling.substr(0, spelling.find('<')).rfind("::");
    return arguments == std::string_view::npos ? spelling : spelling.substr(arguments + 2);
}

template <class T>
concept Declared = requires {
    mycelium_declaration(Tag<T>{});
};

template <class T>
inline constexpr auto declaration_of = mycelium_declaration(Tag<T>{});

template <class T>
using DeclarationOf = decltype(mycelium_declaration(Tag<T>{}));

template <class T>
constexpr Form form_of() noexcept {
    if constexpr (Declared<T>)
        return DeclarationOf<T>::form;
    else
        return Form::local;
}

/// Calls `visit.operator()<Field>(index)` for every member of T, in the order of declaration.
template <class T, class Visit>
constexpr void for_each_field(Visit&& visit) {
    [&]<class... Fields>(FieldList<Fields...>) {
        [[maybe_unused]] std::size_t index = 0;
        (visit.template operator()<Fields>(index++), ...);
    }(typename DeclarationOf<T>::Fields{});
}

}  // namespace mycelium::codec

// One macro per element of a list, up to 256 of them.
#define MYCELIUM_PARENS_ ()
#define MYCELIUM_EXPAND_(...) \
    MYCELIUM_EXPAND4_(MYCELIUM_EXPAND4_(MYCELIUM_EXPAND4_(MYCELIUM_EXPAND4_(__VA_ARGS__))))
#define MYCELIUM_EXPAND4_(...) \
    MYCELIUM_EXPAND3_(MYCELIUM_EXPAND3_(MYCELIUM_EXPAND3_(MYCELIUM_EXPAND3_(__VA_ARGS__))))
#define MYCELIUM_EXPAND3_(...) \
    MYCELIUM_EXPAND2_(MYCELIUM_EXPAND2_(MYCELIUM_EXPAND2_(MYCELIUM_EXPAND2_(__VA_ARGS__))))
#define MYCELIUM_EXPAND2_(...) \
    MYCELIUM_EXPAND1_(MYCELIUM_EXPAND1_(MYCELIUM_EXPAND1_(MYCELIUM_EXPAND1_(__VA_ARGS__))))
#define MYCELIUM_EXPAND1_(...) __VA_ARGS__
// Take the parentheses off.
#define MYCELIUM_BARE_(...) __VA_ARGS__
#define MYCELIUM_PLAIN_(...) __VA_ARGS__
#define MYCELIUM_LIST_(macro, Type, ...) \
    __VA_OPT__(MYCELIUM_EXPAND_(MYCELIUM_LIST_STEP_(macro, Type, __VA_ARGS__)))
#define MYCELIUM_LIST_STEP_(macro, Type, first, ...) \
    macro(Type, first) __VA_OPT__(, MYCELIUM_LIST_AGAIN_ MYCELIUM_PARENS_(macro, Type, __VA_ARGS__))
#define MYCELIUM_LIST_AGAIN_() MYCELIUM_LIST_STEP_

#define MYCELIUM_MEMBER_(Type, member) ::mycelium::codec::Field<&Type::member>
#define MYCELIUM_MEMBER_NAME_(Type, member) #member
#define MYCELIUM_MEMBER_OFFSET_(Type, member) offsetof(Type, member)
#define MYCELIUM_FIELD_(Type, pair) MYCELIUM_FIELD_OF_(Type, MYCELIUM_PLAIN_ pair)
#define MYCELIUM_FIELD_OF_(...) MYCELIUM_FIELD_TYPE_(__VA_ARGS__)
#define MYCELIUM_FIELD_TYPE_(Type, number, member) ::mycelium::codec::Field<&Type::member, number>
#define MYCELIUM_FIELD_NAME_(Type, pair) MYCELIUM_FIELD_NAME_OF_(MYCELIUM_PLAIN_ pair)
#define MYCELIUM_FIELD_NAME_OF_(...) MYCELIUM_FIELD_NAME_TEXT_(__VA_ARGS__)
#define MYCELIUM_FIELD_NAME_TEXT_(number, member) #member

#define MYCELIUM_DECLARE_(Type, form, tlv_number, members, names, offsets)                        \
    [[maybe_unused]] constexpr auto mycelium_declaration(::mycelium::codec::Tag<Type>) noexcept { \
        return ::mycelium::codec::Declaration<                                                    \
            form, tlv_number, ::mycelium::codec::FieldList<MYCELIUM_BARE_ members>>{              \
            ::mycelium::codec::unqualified(#Type),                                                \
            {MYCELIUM_BARE_ names},                                                               \
            {MYCELIUM_BARE_ offsets}};                                                            \
    }

/// Declares `Type`, whose memory is its wire form: trivially copyable, standard layout, no padding,
/// no pointers. All members, in the order of their declaration: `MYCELIUM_FLAT(Reading, sequence,
/// celsius);` at namespace scope, beside the type. Members are fixed-width integers, float, double,
/// char, bool, enums, std::byte, arrays of them, and other FLAT types.
#define MYCELIUM_FLAT(Type, ...)                                                    \
    MYCELIUM_DECLARE_(Type, ::mycelium::Form::flat, 0,                              \
                      (MYCELIUM_LIST_(MYCELIUM_MEMBER_, Type, __VA_ARGS__)),        \
                      (MYCELIUM_LIST_(MYCELIUM_MEMBER_NAME_, Type, __VA_ARGS__)),   \
                      (MYCELIUM_LIST_(MYCELIUM_MEMBER_OFFSET_, Type, __VA_ARGS__))) \
    static_assert(::mycelium::codec::check_flat<Type>())

/// Declares `Type` as the value of TLV number `number` (1–254): its members' bytes one after the
/// other, without padding. `MYCELIUM_TLV(Trade, 1, asset_id, price, volume);` Members as in
/// MYCELIUM_FLAT.
#define MYCELIUM_TLV(Type, number, ...)                                             \
    MYCELIUM_DECLARE_(Type, ::mycelium::Form::tlv, number,                          \
                      (MYCELIUM_LIST_(MYCELIUM_MEMBER_, Type, __VA_ARGS__)),        \
                      (MYCELIUM_LIST_(MYCELIUM_MEMBER_NAME_, Type, __VA_ARGS__)),   \
                      (MYCELIUM_LIST_(MYCELIUM_MEMBER_OFFSET_, Type, __VA_ARGS__))) \
    static_assert(::mycelium::codec::check_tlv<Type>())

/// Declares `Type` as a MessagePack map keyed by number, and as a JSON object keyed by name:
/// `MYCELIUM_FIELDS(Order, (1, symbol), (2, quantity));` A number (1–65535) means one thing for
/// ever: add new ones, drop old ones, never reuse one. Which members may be: docs/formats/types.md.
#define MYCELIUM_FIELDS(Type, ...)                                                   \
    MYCELIUM_DECLARE_(Type, ::mycelium::Form::fields, 0,                             \
                      (MYCELIUM_LIST_(MYCELIUM_FIELD_, Type, __VA_ARGS__)),          \
                      (MYCELIUM_LIST_(MYCELIUM_FIELD_NAME_, Type, __VA_ARGS__)), ()) \
    static_assert(::mycelium::codec::check_fields<Type>())
