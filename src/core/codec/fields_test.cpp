#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#define MSGPACK_NO_BOOST
#include <msgpack.hpp>

#include "core/codec/types_for_tests.h"

namespace mycelium {
namespace {

using for_tests::bytes_of;
using for_tests::error_of;
using for_tests::hex_of;
using for_tests::Kinds;
using for_tests::Order;
using for_tests::Terms;

// The same type as seen by an older and a newer version.
namespace older {
struct Terms {
    std::uint32_t days = 14;
};
MYCELIUM_FIELDS(Terms, (1, days));
}  // namespace older
namespace newer {
struct Terms {
    std::string note = "none";
    std::vector<std::map<std::string, double>> tables;
    std::string place = "here";
};
MYCELIUM_FIELDS(Terms, (7, note), (5, tables), (2, place));
}  // namespace newer

struct Node {
    std::shared_ptr<Node> next;
    std::vector<Node> children;
};
MYCELIUM_FIELDS(Node, (1, next), (2, children));

struct Ping {};
MYCELIUM_FIELDS(Ping);

struct Doubling {
    std::shared_ptr<const Doubling> left;
    std::shared_ptr<const Doubling> right;
};
MYCELIUM_FIELDS(Doubling, (1, left), (2, right));

struct Wide {
    std::optional<std::array<std::uint64_t, 1000>> numbers;
};
MYCELIUM_FIELDS(Wide, (1, numbers));
struct WideList {
    std::vector<Wide> list;
};
MYCELIUM_FIELDS(WideList, (1, list));

#define MEMBERS_OF_8(n)                                                                        \
    std::uint8_t m##n##0 = 0, m##n##1 = 0, m##n##2 = 0, m##n##3 = 0, m##n##4 = 0, m##n##5 = 0, \
                 m##n##6 = 0, m##n##7 = 0;
struct SixtyFour {
    MEMBERS_OF_8(0)
    MEMBERS_OF_8(1)
    MEMBERS_OF_8(2) MEMBERS_OF_8(3) MEMBERS_OF_8(4) MEMBERS_OF_8(5) MEMBERS_OF_8(6) MEMBERS_OF_8(7)
};
MYCELIUM_FLAT(SixtyFour, m00, m01, m02, m03, m04, m05, m06, m07, m10, m11, m12, m13, m14, m15, m16,
              m17, m20, m21, m22, m23, m24, m25, m26, m27, m30, m31, m32, m33, m34, m35, m36, m37,
              m40, m41, m42, m43, m44, m45, m46, m47, m50, m51, m52, m53, m54, m55, m56, m57, m60,
              m61, m62, m63, m64, m65, m66, m67, m70, m71, m72, m73, m74, m75, m76, m77);
static_assert(codec::DeclarationOf<SixtyFour>::Fields::count == 64);

Kinds full() {
    Kinds value;
    value.flag = true;
    value.i8 = -128;
    value.i16 = -32'768;
    value.i32 = INT32_MIN;
    value.i64 = INT64_MIN;
    value.u8 = 255;
    value.u16 = 65'535;
    value.u32 = UINT32_MAX;
    value.u64 = UINT64_MAX;
    value.f32 = 0.1f;
    value.f64 = -1e300;
    value.mood = for_tests::Mood::bad;
    value.text = "größe \"1\"";
    value.bytes = Bytes::copy_of("\x00\xff bytes");
    value.more_bytes.assign(300, std::byte{7});
    value.list = {"", "a", std::string(70'000, 'b')};
    value.flags = {true, false, true};
    value.three = {-1, 0, 1};
    value.id = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    value.by_name = {{"none", {}}, {"some", {1, 2, 300'000}}};
    value.by_number = {{-7, 0.5}};
    value.maybe = "there";
    value.terms = std::make_shared<const Terms>(Terms{60, "Kiel"});
    value.reading = std::make_unique<for_tests::Reading>(for_tests::Reading{1, 2.5});
    value.flat = {3, 4.5};
    value.nested = {5, "Bonn"};
    auto child = std::make_shared<Kinds>();
    child->text = "child";
    value.children = {child, nullptr};
    value.gaps = {1, std::nullopt, -3};
    return value;
}

TEST(Fields, every_kind_comes_back_as_it_was) {
    const Kinds value = full();
    const auto bytes = encode(value).value();
    const auto back = decode<Kinds>(bytes.span());
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(back->flag, value.flag);
    EXPECT_EQ(back->i8, value.i8);
    EXPECT_EQ(back->i16, value.i16);
    EXPECT_EQ(back->i32, value.i32);
    EXPECT_EQ(back->i64, value.i64);
    EXPECT_EQ(back->u8, value.u8);
    EXPECT_EQ(back->u16, value.u16);
    EXPECT_EQ(back->u32, value.u32);
    EXPECT_EQ(back->u64, value.u64);
    EXPECT_EQ(back->f32, value.f32);
    EXPECT_EQ(back->f64, value.f64);
    EXPECT_EQ(back->mood, value.mood);
    EXPECT_EQ(back->text, value.text);
    EXPECT_EQ(back->bytes, value.bytes);
    EXPECT_EQ(back->more_bytes, value.more_bytes);
    EXPECT_EQ(back->list, value.list);
    EXPECT_EQ(back->flags, value.flags);
    EXPECT_EQ(back->three, value.three);
    EXPECT_EQ(back->id, value.id);
    EXPECT_EQ(back->by_name, value.by_name);
    EXPECT_EQ(back->by_number, value.by_number);
    EXPECT_EQ(back->maybe, value.maybe);
    ASSERT_TRUE(back->terms && back->reading);
    EXPECT_EQ(*back->terms, *value.terms);
    EXPECT_EQ(*back->reading, *value.reading);
    EXPECT_EQ(back->flat, value.flat);
    EXPECT_EQ(back->nested, value.nested);
    ASSERT_EQ(back->children.size(), 2u);
    EXPECT_EQ(back->children[0]->text, "child");
    EXPECT_EQ(back->children[1], nullptr);
    EXPECT_EQ(back->gaps, value.gaps);
    EXPECT_EQ(encode(*back).value(), bytes) << "encoding is canonical";
}

TEST(Fields, are_a_map_from_number_to_value_as_nlohmann_and_msgpack_cxx_read_it) {
    Order order{"BTC", -70'000, std::make_shared<const Terms>(Terms{3, "x"})};
    const auto bytes = encode(order).value();
    EXPECT_EQ(hex_of(bytes.span()),
              "8301a3425443"
              "02d2fffeee90"
              "038201030"
              "2a178");
    const auto handle =
        ::msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto map = handle.get().as<std::map<int, ::msgpack::object>>();
    EXPECT_EQ(map.at(1).as<std::string>(), "BTC");
    EXPECT_EQ(map.at(2).as<std::int64_t>(), -70'000);
    const auto terms = map.at(3).as<std::map<int, ::msgpack::object>>();
    EXPECT_EQ(terms.at(1).as<std::uint32_t>(), 3u);
    EXPECT_EQ(terms.at(2).as<std::string>(), "x");
}

TEST(Fields, written_by_msgpack_cxx_in_any_order_are_read) {
    ::msgpack::sbuffer buffer;
    ::msgpack::packer packer{buffer};
    packer.pack_map(4);
    packer.pack(std::string{"2"});  // a text key, as JavaScript writes it
    packer.pack(7);
    packer.pack(99);
    packer.pack(std::vector<std::map<std::string, int>>{{{"unknown", 1}}});
    packer.pack(1);
    packer.pack(std::string{"ETH"});
    packer.pack(3);
    packer.pack_nil();
    const auto order = decode<Order>(std::as_bytes(std::span{buffer.data(), buffer.size()}));
    ASSERT_TRUE(order) << order.error().to_string();
    EXPECT_EQ(order->symbol, "ETH");
    EXPECT_EQ(order->quantity, 7);
    EXPECT_EQ(order->terms, nullptr);
}

TEST(Fields, absent_members_are_left_out) {
    EXPECT_EQ(hex_of(encode(Order{}).value().span()), "8201a00200");
    EXPECT_EQ(hex_of(encode(Ping{}).value().span()), "80");
    EXPECT_TRUE(decode<Ping>(bytes_of("80")));
    EXPECT_TRUE(decode<Ping>(bytes_of("8109a178")));
}

TEST(Fields, an_older_reader_skips_new_numbers_and_a_newer_one_keeps_its_defaults) {
    const auto written = encode(Terms{5, "there"}).value();
    EXPECT_EQ(decode<older::Terms>(written.span()).value().days, 5u);
    const auto as_newer = decode<newer::Terms>(written.span()).value();
    EXPECT_EQ(as_newer.place, "there");
    EXPECT_EQ(as_newer.note, "none");
    newer::Terms made;
    made.tables = {{{"x", 1.5}}, {}};
    const auto from_newer = encode(made).value();
    EXPECT_EQ(decode<older::Terms>(from_newer.span()).value().days, 14u);
    EXPECT_EQ(decode<Terms>(from_newer.span()).value().place, "here");
}

TEST(Fields, nil_keeps_the_default_and_empties_what_may_be_absent) {
    EXPECT_EQ(decode<Terms>(bytes_of("8101c0")).value().days, 30u);
    Order order{"x", 1, std::make_shared<const Terms>()};
    ASSERT_TRUE(codec::decode_into(bytes_of("8103c0"), order));
    EXPECT_EQ(order.terms, nullptr);
    EXPECT_EQ(order.symbol, "x");
}

TEST(Fields, of_a_number_that_comes_twice_the_last_counts) {
    EXPECT_EQ(decode<Terms>(bytes_of("8201050106")).value().days, 6u);
}

TEST(Fields, keys_that_are_no_number_are_skipped) {
    EXPECT_EQ(decode<Terms>(bytes_of("85"
                                     "ff01"
                                     "a0c0"
                                     "c3c2"
                                     "a16101"
                                     "0109"))
                  ->days,
              9u);
    EXPECT_EQ(decode<Terms>(bytes_of("81cd000109")).value().days, 9u) << "a number of two bytes";
    EXPECT_EQ(decode<Terms>(bytes_of("8100c0")).value().days, 30u) << "number 0 is nobody's";
    EXPECT_EQ(decode<Terms>(bytes_of("81ceffffffff05")).value().days, 30u);
}

TEST(Fields, a_member_of_another_kind_is_refused_by_number_name_and_byte) {
    const auto error = error_of(decode<Order>(bytes_of("8201a14102a178")));
    EXPECT_EQ(error, Errc::malformed);
    EXPECT_EQ(error.message(),
              "byte 5: a string where an integer is expected (field 2 'quantity')");
    const auto inner = error_of(decode<Order>(bytes_of("81038101c3")));
    EXPECT_EQ(inner.message(), "byte 4: a boolean where an integer is expected (field 1 'days')");
}

TEST(Fields, what_is_no_map_or_has_more_after_it_is_refused) {
    for (const char* hex : {"", "90", "c0", "01", "8000", "81", "8101", "c1"})
        EXPECT_EQ(error_of(decode<Terms>(bytes_of(hex))), Errc::malformed) << hex;
}

TEST(Fields, fixed_arrays_and_flat_members_of_another_size_are_refused) {
    EXPECT_FALSE(decode<Kinds>(bytes_of("8112920102")));
    EXPECT_FALSE(decode<Kinds>(bytes_of("8113c403010203")));
    EXPECT_FALSE(decode<Kinds>(bytes_of("8119c40101")));
    EXPECT_TRUE(decode<Kinds>(bytes_of("811293010203")));
}

TEST(Fields, every_truncation_and_every_changed_byte_is_survived) {
    const auto whole = encode(full()).value();
    const auto bytes = whole.span();
    for (std::size_t size = 0; size < bytes.size();
         size += size < 600 || size > bytes.size() - 600 ? 1 : 997)
        EXPECT_FALSE(decode<Kinds>(bytes.first(size))) << size;
    std::mt19937 random{99};
    std::vector<std::byte> changed(bytes.begin(), bytes.end());
    for (int round = 0; round < 5'000; ++round) {
        const std::size_t at =
            random() % 700 < 600 ? random() % 650 : changed.size() - 1 - random() % 200;
        const std::byte before = std::exchange(changed[at], static_cast<std::byte>(random()));
        (void)decode<Kinds>(changed);
        if (round % 3 != 0) changed[at] = before;
    }
}

TEST(Fields, nest_to_the_limit_and_no_deeper) {
    Node node;
    // The innermost node holds an empty array, which is a level too.
    for (std::size_t depth = 2; depth < limits::codec_depth_max; ++depth) {
        auto outer = std::make_shared<Node>(std::move(node));
        node = Node{};
        node.next = std::move(outer);
    }
    const auto deepest = encode(node);
    ASSERT_TRUE(deepest);
    EXPECT_TRUE(decode<Node>(deepest->span()));
    Node too_deep;
    too_deep.next = std::make_shared<Node>(node);
    EXPECT_EQ(error_of(encode(too_deep)), Errc::invalid);
    const Schema& schema = schema_of<Node>();
    EXPECT_EQ(schema.encoded_bytes_max(&too_deep), Schema::unencodable);
    auto bytes = bytes_of("8101");
    bytes.insert(bytes.end(), deepest->span().begin(), deepest->span().end());
    EXPECT_NE(error_of(decode<Node>(bytes)).message().find("nested too deep"), std::string::npos);
}

TEST(Fields, a_cycle_of_pointers_is_unencodable) {
    auto node = std::make_shared<Node>();
    node->next = node;
    EXPECT_EQ(error_of(encode(*node)), Errc::invalid);
    node->next.reset();
}

// Sharing is not seen on the wire: twelve levels of two are 2^12 values.
TEST(Fields, a_shared_pointee_is_encoded_at_each_mention) {
    auto value = std::make_shared<const Doubling>();
    for (int level = 0; level < 12; ++level)
        value = std::make_shared<const Doubling>(Doubling{value, value});
    const auto bytes = encode(*value).value();
    EXPECT_EQ(bytes.size(), (1u << 13) - 1 + (1u << 13) - 2);
    EXPECT_TRUE(decode<Doubling>(bytes.span()));
}

TEST(Fields, a_small_message_cannot_claim_large_memory) {
    // One byte per element, 8 KiB of memory each.
    std::vector<std::byte> bytes = bytes_of("8101dd00010000");
    bytes.resize(bytes.size() + 65'536, std::byte{0x80});
    EXPECT_NE(error_of(decode<WideList>(bytes)).message().find("more objects"), std::string::npos);
}

TEST(Fields, bounds_hold_whatever_is_written) {
    std::mt19937 random{5};
    for (int round = 0; round < 200; ++round) {
        Kinds value;
        value.text.assign(random() % 300, 'x');
        value.more_bytes.resize(random() % 70'000);
        value.list.assign(random() % 40, std::string(random() % 40, 'y'));
        value.u64 = random();
        value.i64 = -static_cast<std::int64_t>(random());
        for (auto n = random() % 50; n > 0; --n)
            value.by_number[static_cast<std::int32_t>(random())] = 1;
        for (auto n = random() % 50; n > 0; --n)
            value.by_name[std::to_string(random())].resize(random() % 30);
        if (random() % 2) value.maybe = "m";
        const Schema& schema = schema_of<Kinds>();
        std::vector<std::byte> memory(schema.encoded_bytes_max(&value));
        const std::size_t size = schema.encode(&value, memory.data());
        ASSERT_LE(size, memory.size());
        const auto back = decode<Kinds>(std::span{memory}.first(size));
        ASSERT_TRUE(back) << back.error().to_string();
        EXPECT_EQ(back->text, value.text);
        EXPECT_EQ(back->by_number, value.by_number);
        EXPECT_EQ(back->by_name, value.by_name);
    }
}

TEST(Fields, nan_and_infinity_travel_in_messagepack) {
    Kinds value;
    value.f64 = NAN;
    value.f32 = INFINITY;
    const auto bytes = encode(value).value();
    const auto back = decode<Kinds>(bytes.span()).value();
    EXPECT_TRUE(std::isnan(back.f64));
    EXPECT_TRUE(std::isinf(back.f32));
}

TEST(Fields, that_cannot_be_copied_have_no_share) {
    EXPECT_EQ(schema_of<Kinds>().share, nullptr);
    EXPECT_NE(schema_of<Order>().share, nullptr);
}

}  // namespace
}  // namespace mycelium
