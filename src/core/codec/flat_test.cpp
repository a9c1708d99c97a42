#include <cstring>

#include <gtest/gtest.h>

#include "core/codec/types_for_tests.h"

namespace mycelium {
namespace {

using for_tests::error_of;
using for_tests::Everything;
using for_tests::hex_of;
using for_tests::Reading;

static_assert(Flat<Reading> && Encodable<Reading> && !TlvType<Reading> && !FieldsType<Reading>);
static_assert(!Encodable<int> && !Flat<std::string> && Encodable<Bytes>);
static_assert(!codec::FlatMember<int*>::allowed && !codec::FlatMember<std::string>::allowed);
static_assert(!codec::FlatMember<long double>::allowed && !codec::FlatMember<int* [2]>::allowed);
static_assert(!codec::FlatMember<for_tests::Order>::allowed &&
              !codec::FlatMember<for_tests::Swap>::allowed);

namespace padded {
struct Hole {
    std::uint8_t a;
    std::uint32_t b;
};
constexpr auto mycelium_declaration(codec::Tag<Hole>) noexcept {
    return codec::Declaration<Form::flat, 0,
                              codec::FieldList<codec::Field<&Hole::a>, codec::Field<&Hole::b>>>{
        "Hole", {"a", "b"}, {offsetof(Hole, a), offsetof(Hole, b)}};
}
static_assert(!codec::Packed<Hole>::is_memory, "a hole must be seen");
}  // namespace padded

TEST(Flat, is_its_memory) {
    const auto bytes = encode(Reading{7, 1.5}).value();
    EXPECT_EQ(hex_of(bytes.span()), "0700000000000000000000000000f83f");
    EXPECT_EQ(decode<Reading>(bytes.span()).value(), (Reading{7, 1.5}));
}

TEST(Flat, is_read_from_any_address) {
    std::vector<std::byte> shifted(1);
    const auto bytes = encode(Reading{7, 1.5}).value();
    shifted.insert(shifted.end(), bytes.span().begin(), bytes.span().end());
    EXPECT_EQ(decode<Reading>(std::span{shifted}.subspan(1)).value(), (Reading{7, 1.5}));
}

TEST(Flat, of_another_size_is_refused_with_both_sizes) {
    const auto error = error_of(decode<Reading>(std::vector<std::byte>(15)));
    EXPECT_EQ(error, Errc::malformed);
    EXPECT_EQ(error.message(), "Reading has 16 bytes, the message 15");
    EXPECT_EQ(error_of(decode<Reading>(std::vector<std::byte>(17))), Errc::malformed);
    EXPECT_EQ(error_of(decode<Reading>({})), Errc::malformed);
}

TEST(Flat, holds_arrays_nested_types_enums_and_text) {
    Everything value;
    value.nested[1].celsius = -3;
    value.list = {1, 2, 3};
    value.side = for_tests::Side::sell;
    value.flag = true;
    std::memcpy(value.symbol, "BTC-USD", 8);
    value.tiny = -1;
    const auto bytes = encode(value).value();
    EXPECT_EQ(bytes.size(), sizeof(Everything));
    const auto back = decode<Everything>(bytes.span()).value();
    EXPECT_EQ(std::memcmp(&back, &value, sizeof value), 0);
}

TEST(Flat, refuses_a_boolean_that_is_neither_0_nor_1) {
    auto bytes = codec::bytes_from_json(schema_of<Everything>().description, "{}").value();
    ASSERT_TRUE(decode<Everything>(bytes));
    bytes[offsetof(Everything, flag)] = std::byte{2};
    EXPECT_EQ(error_of(decode<Everything>(bytes)).message(),
              "member 'flag': a boolean that is neither 0 nor 1");
}

TEST(Flat, schema_tells_size_and_makes_objects) {
    const Schema& schema = schema_of<Reading>();
    EXPECT_EQ(schema.form, Form::flat);
    EXPECT_EQ(schema.name, "Reading");
    EXPECT_EQ(schema.flat_bytes, 16u);
    EXPECT_EQ(*schema.type, typeid(Reading));
    EXPECT_NE(schema.fingerprint, 0u);
    const Reading reading{3, 4};
    const auto shared = schema.share(&reading);
    EXPECT_EQ(*static_cast<const Reading*>(shared.get()), reading);
    const auto bytes = encode(reading).value();
    const auto made = schema.decode_shared(bytes.span()).value();
    EXPECT_EQ(*static_cast<const Reading*>(made.get()), reading);
    EXPECT_EQ(error_of(schema.decode_shared({})), Errc::malformed);
}

}  // namespace
}  // namespace mycelium
