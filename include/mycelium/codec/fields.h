// FieldMap: a FIELDS type in MessagePack, as a map from number to value.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <mycelium/codec/field_codec.h>

namespace mycelium::codec {

inline constexpr std::uint32_t no_more_fields = 0;
inline constexpr std::uint32_t unknown_field = UINT32_MAX;
/// Any key. Decimal text counts as its number, for languages whose maps have text keys only; every
/// other key, and 0, is `unknown_field`.
bool read_any_key(msgpack::Reader& in, std::uint32_t& number) noexcept;
inline bool read_field_number(msgpack::Reader& in, std::uint32_t& number) noexcept {
    if (!in.try_small(number)) return read_any_key(in, number);
    if (number == 0) number = unknown_field;
    return true;
}

/// A FIELDS type as a map from number to value, in ascending order of numbers.
template <class T>
struct FieldMap {
    static constexpr std::size_t count = DeclarationOf<T>::Fields::count;

    static void describe_block(Describer& to) {
        to.text("fields ");
        to.name(declaration_of<T>.name);
        to.text("\n");
        for_each_sorted([&]<class F>(std::size_t index) {
            to.number(F::number);
            to.text(" ");
            to.text(declaration_of<T>.names[index]);
            to.text(" ");
            FieldCodec<typename F::Type>::describe(to);
            to.text("\n");
        });
    }
    static bool bound(const T& object, std::size_t& bytes, std::size_t depth) noexcept {
        if (depth == 0) return false;
        bytes += head_bytes_max + count * 3;
        bool fits = true;
        for_each_field<T>([&]<class F>(std::size_t) {
            fits = fits && add_bound(F::of(object), bytes, depth - 1);
        });
        return fits && bytes <= limits::message_bytes_ceiling;
    }
    static void write(msgpack::Writer& out, const T& object) noexcept {
        std::size_t present = 0;
        for_each_field<T>(
            [&]<class F>(std::size_t) { present += is_present(F::of(object)) ? 1 : 0; });
        out.map(present);
        for_each_sorted([&]<class F>(std::size_t) {
            if (!is_present(F::of(object))) return;
            out.integer(F::number);
            FieldCodec<typename F::Type>::write(out, F::of(object));
        });
    }
    /// Unknown numbers are skipped, members that are missing keep what they have; of a number that
    /// comes twice the last counts.
    static bool read(msgpack::Reader& in, T& object, std::size_t depth) {
        if (depth == 0) return in.fail("nested too deep");
        std::uint32_t left;
        std::uint32_t number;
        if (!in.map(left) || !next(in, left, number)) return false;
        bool good = true;
        // Written in order and by the same version, as nearly always: one pass, one comparison per
        // member.
        for_each_sorted([&]<class F>(std::size_t index) {
            if (good && number == F::number)
                good = read_field<F>(in, object, index, depth) && next(in, left, number);
        });
        while (good && number != no_more_fields)
            good = read_any(in, object, number, depth) && next(in, left, number);
        return good;
    }

    static constexpr bool numbers_are_good() noexcept {
        bool good = true;
        std::uint32_t before = 0;
        for_each_sorted([&]<class F>(std::size_t) {
            good = good && F::number > before && F::number <= 65'535;
            before = F::number;
        });
        return good;
    }
    static constexpr bool copyable = [] {
        bool all = true;
        for_each_field<T>(
            [&]<class F>(std::size_t) { all = all && FieldCodec<typename F::Type>::copyable; });
        return all && std::is_copy_constructible_v<T>;
    }();

private:
    static constexpr std::array<std::size_t, count> order = [] {
        std::array<std::size_t, count> sorted{};
        std::array<std::uint32_t, count> numbers{};
        for_each_field<T>([&]<class F>(std::size_t index) {
            sorted[index] = index;
            numbers[index] = F::number;
        });
        std::sort(sorted.begin(), sorted.end(),
                  [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
        return sorted;
    }();
    template <class Visit>
    static constexpr void for_each_sorted(Visit&& visit) {
        [&]<class... Fields, std::size_t... i>(FieldList<Fields...>, std::index_sequence<i...>) {
            (visit.template operator()<std::tuple_element_t<order[i], std::tuple<Fields...>>>(
                 order[i]),
             ...);
        }(typename DeclarationOf<T>::Fields{}, std::make_index_sequence<count>{});
    }
    template <class M>
    static bool is_present(const M& value) noexcept {
        if constexpr (FieldCodec<M>::has_nil)
            return static_cast<bool>(value);
        else
            return true;
    }
    static bool next(msgpack::Reader& in, std::uint32_t& left, std::uint32_t& number) noexcept {
        if (left == 0) {
            number = no_more_fields;
            return true;
        }
        --left;
        return read_field_number(in, number);
    }
    template <class F>
    static bool read_field(msgpack::Reader& in, T& object, std::size_t index, std::size_t depth) {
        return read_value(in, F::of(object), depth - 1) ||
               in.failed_in(F::number, declaration_of<T>.names[index]);
    }
    static bool read_any(msgpack::Reader& in, T& object, std::uint32_t number, std::size_t depth) {
        bool is_known = false;
        bool good = true;
        for_each_field<T>([&]<class F>(std::size_t index) {
            if (is_known || number != F::number) return;
            is_known = true;
            good = read_field<F>(in, object, index, depth);
        });
        return is_known ? good : in.skip();
    }
};

/// A FIELDS type inside is a map of its own.
template <class T>
requires(form_of<T>() == Form::fields) struct FieldCodec<T> : ValueCodec {
    // Not from the members: a type may contain itself.
    static constexpr bool copyable = is_copyable<T>;
    static void describe(Describer& to) { to.reference(typeid(T), &FieldMap<T>::describe_block); }
    static bool bound(const T& object, std::size_t& bytes, std::size_t depth) noexcept {
        return FieldMap<T>::bound(object, bytes, depth);
    }
    static void write(msgpack::Writer& out, const T& object) noexcept {
        FieldMap<T>::write(out, object);
    }
    static bool read(msgpack::Reader& in, T& object, std::size_t depth) {
        return FieldMap<T>::read(in, object, depth);
    }
};

/// Called by MYCELIUM_FIELDS. The kinds of members are judged later, where the type is used: a
/// member's type may be declared after this one.
template <class T>
consteval bool check_fields() noexcept {
    static_assert(FieldMap<T>::numbers_are_good(),
                  "the numbers of a FIELDS type are 1 to 65535 and each stands once");
    return true;
}

template <class T>
constexpr void check_field_members() noexcept {
    static_assert(std::is_default_constructible_v<T>, "a FIELDS type has a default constructor");
    for_each_field<T>([]<class F>(std::size_t) {
        static_assert(FieldCodec<typename F::Type>::allowed,
                      "members of FIELDS types are bool, integers, float, double, enums, "
                      "std::string, mycelium::Bytes, "
                      "std::vector, std::array, std::map and std::unordered_map with text or "
                      "integer keys, std::optional, "
                      "std::shared_ptr, std::unique_ptr, FLAT and FIELDS types");
    });
}

}  // namespace mycelium::codec
