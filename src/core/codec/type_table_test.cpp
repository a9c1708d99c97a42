#include "core/codec/type_table.h"

#include <random>

#include <gtest/gtest.h>

#include "core/codec/description.h"
#include "core/codec/types_for_tests.h"

namespace mycelium::codec {
namespace {

using for_tests::error_of;

struct Tree {
    std::vector<Tree> children;
    std::map<std::uint32_t, std::shared_ptr<const for_tests::Order>> orders;
    std::optional<for_tests::Reading> reading;
};
MYCELIUM_FIELDS(Tree, (9, reading), (1, children), (2, orders));

TEST(Description, of_flat_tells_offsets_and_kinds) {
    EXPECT_EQ(schema_of<for_tests::Reading>().description,
              "flat Reading 16\n0 sequence u64\n8 celsius f64\n");
    EXPECT_EQ(schema_of<for_tests::Everything>().description,
              "flat Everything 96\n0 a u64\n8 b i64\n16 c f64\n24 d u32\n28 e i32\n32 f f32\n36 g "
              "u16\n38 h i16\n"
              "40 nested [2]#1\n72 list [3]u16\n78 side u8\n79 flag bool\n80 symbol [8]char\n88 id "
              "[6]byte\n94 last byte\n"
              "95 tiny i8\nflat Reading 16\n0 sequence u64\n8 celsius f64\n");
}

TEST(Description, of_tlv_tells_number_and_packed_offsets) {
    EXPECT_EQ(schema_of<for_tests::Swap>().description,
              "tlv Swap 21 14\n0 pool u8\n1 amount i64\n9 is_final bool\n10 block u32\n");
}

TEST(Description, of_fields_is_in_order_of_numbers_and_mentions_each_type_once) {
    EXPECT_EQ(schema_of<Tree>().description,
              "fields Tree\n1 children []#0\n2 orders {u32:#1}\n9 reading #2\n"
              "fields Order\n1 symbol string\n2 quantity i64\n3 terms #3\n"
              "flat Reading 16\n0 sequence u64\n8 celsius f64\n"
              "fields Terms\n1 days u32\n2 place string\n");
}

TEST(Description, does_not_tell_optional_from_present_nor_shared_from_owned) {
    const std::string_view text = schema_of<for_tests::Kinds>().description;
    EXPECT_NE(text.find("22 maybe string\n23 terms #1\n24 reading #2\n25 flat #2\n200 nested "
                        "#1\n300 children []#0\n"),
              std::string_view::npos)
        << text;
}

TEST(Description, names_are_spelled_without_namespace_and_spaces) {
    EXPECT_EQ(unqualified("a::b::Order"), "Order");
    EXPECT_EQ(unqualified("::Order"), "Order");
    EXPECT_EQ(unqualified("a::Pair<b::X, c::Y>"), "Pair<b::X, c::Y>");
    Describer describer;
    describer.name("Pair<int, long>");
    EXPECT_EQ(describer.describe(typeid(int), [](Describer&) {}), "Pair<int,long>");
}

TEST(Description, of_every_type_is_well_formed) {
    for (const Schema* schema :
         {&schema_of<Tree>(), &schema_of<for_tests::Kinds>(), &schema_of<for_tests::Everything>(),
          &schema_of<for_tests::Large>(), &schema_of<tlv::Trade>()})
        EXPECT_TRUE(check_description(schema->description)) << schema->description;
}

TEST(Description, of_local_bytes_and_any_is_empty) {
    struct Local {};
    EXPECT_EQ(schema_of<Local>().form, Form::local);
    EXPECT_FALSE(schema_of<Local>().can_leave_process());
    EXPECT_EQ(schema_of<Local>().encode, nullptr);
    EXPECT_NE(schema_of<Local>().name.find("Local"), std::string_view::npos);
    EXPECT_EQ(schema_of<Bytes>().form, Form::bytes);
    EXPECT_EQ(any_schema().form, Form::any);
    for (const Schema* schema : {&schema_of<Local>(), &schema_of<Bytes>(), &any_schema()}) {
        EXPECT_EQ(schema->description, "");
        EXPECT_EQ(schema->fingerprint, 0u);
    }
}

// Offset basis and prime of 64-bit FNV-1a, and a vector of its authors.
TEST(Description, fingerprint_is_fnv_1a) {
    EXPECT_EQ(fingerprint_of(""), 0xcbf29ce484222325u);
    EXPECT_EQ(fingerprint_of("foobar"), 0x85944171f73967e8u);
    EXPECT_EQ(schema_of<for_tests::Reading>().fingerprint,
              fingerprint_of(schema_of<for_tests::Reading>().description));
}

TEST(Description, too_long_to_travel_is_its_first_line_and_a_hash) {
    static const std::string name(limits::description_bytes_max, 'n');
    const auto text = Describer{}.describe(typeid(int), [](Describer& to) {
        to.text("fields Huge\n1 ");
        to.text(name);
        to.text(" u8\n");
    });
    EXPECT_EQ(text.substr(0, 13), "fields Huge ~");
    const auto table = TypeTable::parse(text);
    ASSERT_TRUE(table);
    EXPECT_TRUE(table->root().is_opaque);
    EXPECT_TRUE(compatible_descriptions(text, text));
    EXPECT_EQ(error_of(compatible_descriptions(text, "fields Huge ~5\n")), Errc::mismatch);
    EXPECT_EQ(error_of(json_from_bytes(text, {})), Errc::unsupported);
    EXPECT_EQ(error_of(bytes_from_json(text, "{}")), Errc::unsupported);
}

TEST(TypeTable, refuses_what_is_not_a_description) {
    const char* const texts[] = {"",
                                 "\n",
                                 "flat",
                                 "flat A",
                                 "flat A 8",
                                 "flat A 8\n",
                                 "flat A 0\n",
                                 "fields",
                                 "fields \n",
                                 "fields  A\n",
                                 "struct A\n",
                                 "fields A 1\n",
                                 "fields A\n1 x\n",
                                 "fields A\n1 x u9\n",
                                 "fields A\n1 x u8 \n",
                                 "fields A\n1 x u8\n1 y u8\n",
                                 "fields A\n2 x u8\n1 y u8\n",
                                 "fields A\n0 x u8\n",
                                 "fields A\n65536 x u8\n",
                                 "fields A\n01 x u8\n",
                                 "fields A\n-1 x u8\n",
                                 "fields A\n1 x u8\n2 x u8\n",
                                 "fields A\n1  u8\n",
                                 "1 x u8\n",
                                 "fields A\n1 x #1\n",
                                 "fields A\n1 x #\n",
                                 "fields A\n1 x char\n",
                                 "fields A\n1 x byte\n",
                                 "fields A\n1 x []byte\n",
                                 "fields A\n1 x [4]char\n",
                                 "fields A\n1 x [0]u8\n",
                                 "fields A\n1 x [4u8\n",
                                 "fields A\n1 x [4][]byte\n",
                                 "fields A\n1 x {f64:u8}\n",
                                 "fields A\n1 x {string:u8\n",
                                 "fields A\n1 x {string u8}\n",
                                 "fields A\n1 x {[]u8:u8}\n",
                                 "fields A\n1 x\ty u8\n",
                                 "fields A\n1 x [4]{string:byte}\n",
                                 "fields A\n1 \xff u8\n",
                                 "flat A 1\n1 x u8\n",
                                 "flat A 2\n0 x u8\n",
                                 "flat A 1\n0 x u16\n",
                                 "flat A 4\n0 x string\n",
                                 "flat A 4\n0 x []u8\n",
                                 "flat A 4\n0 x {u8:u8}\n",
                                 "flat A 4\n0 x bytes\n",
                                 "flat A 3\n0 x u8\n2 y u8\n",
                                 "flat A 4\n0 x #1\nfields B\n",
                                 "flat A 4\n0 x #0\n",
                                 "flat A 4\n0 x #1\nflat B 4\n0 x #0\n",
                                 "flat A 4\n0 x #1\nflat B 8\n0 x u64\n",
                                 "flat A 18446744073709551616\n",
                                 "flat A 8589934592\n0 x [8589934592]u8\n",
                                 "flat A 4\n0 x [4611686018427387904]u64\n",
                                 "tlv A 0 1\n0 x u8\n",
                                 "tlv A 255 1\n0 x u8\n",
                                 "tlv A 1 65536\n0 x [65536]u8\n",
                                 "fields A\n1 x #1\ntlv B 1 1\n0 x u8\n",
                                 "fields A ~5\n1 x u8\n",
                                 "fields A ~\n",
                                 "fields A ~x\n",
                                 "fields A\nfields B ~5\n"};
    for (const char* text : texts)
        EXPECT_EQ(error_of(TypeTable::parse(text)), Errc::malformed) << text;
    EXPECT_NE(error_of(TypeTable::parse("fields A\n1 x u9\n")).message().find("line 2"),
              std::string::npos);
}

TEST(TypeTable, limits_length_and_depth) {
    std::string text = "fields A\n";
    const std::string head = "1 x ";
    const auto lists = [&](std::size_t depth) {
        std::string kind;
        for (std::size_t i = 1; i < depth; ++i) kind += "[]";
        return text + head + kind + "u8\n";
    };
    EXPECT_TRUE(TypeTable::parse(lists(limits::codec_depth_max)));
    EXPECT_FALSE(TypeTable::parse(lists(limits::codec_depth_max + 1)));
    const auto flats = [](std::size_t depth) {
        std::string blocks;
        for (std::size_t i = 1; i < depth; ++i)
            blocks += "flat A 1\n0 x #" + std::to_string(i) + "\n";
        return blocks + "flat B 1\n0 x u8\n";
    };
    EXPECT_TRUE(TypeTable::parse(flats(limits::codec_depth_max)));
    EXPECT_FALSE(TypeTable::parse(flats(limits::codec_depth_max + 1)));
    const std::size_t room =
        limits::description_bytes_max - text.size() - std::string{"1  u8\n"}.size();
    EXPECT_TRUE(TypeTable::parse(text + "1 " + std::string(room, 'n') + " u8\n"));
    EXPECT_FALSE(TypeTable::parse(text + "1 " + std::string(room + 1, 'n') + " u8\n"));
}

TEST(TypeTable, survives_changed_descriptions) {
    std::mt19937 random{3};
    const std::string whole{schema_of<for_tests::Kinds>().description};
    for (int round = 0; round < 5'000; ++round) {
        std::string text = whole;
        for (auto n = 1 + random() % 3; n > 0; --n)
            text[random() % text.size()] = "\n #[]{}:019~uax"[random() % 15];
        if (random() % 4 == 0) text.resize(random() % text.size());
        (void)compatible_descriptions(whole, text);
        (void)json_from_bytes(text, for_tests::bytes_of("8101c3"));
        (void)bytes_from_json(text, R"({"flag":true,"text":"x","nested":{"days":1}})");
    }
}

TEST(Compatible, fields_may_add_drop_and_rename_numbers) {
    EXPECT_TRUE(compatible_descriptions("fields A\n1 x u8\n2 y string\n",
                                        "fields A\n1 z u8\n5 w [][]i64\n"));
    EXPECT_TRUE(compatible_descriptions("fields A\n", "fields A\n1 x u8\n"));
}

TEST(Compatible, names_the_first_field_that_changed_its_kind) {
    const auto why = [](const char* ours, const char* theirs) {
        const auto error = error_of(compatible_descriptions(ours, theirs));
        EXPECT_EQ(error, Errc::mismatch);
        return error.message();
    };
    EXPECT_EQ(why("fields Order\n1 symbol string\n2 quantity i64\n",
                  "fields Order\n1 symbol string\n2 quantity string\n"),
              "field 2 'quantity': ours i64, theirs string");
    EXPECT_EQ(why("fields A\n1 x []u8\n", "fields A\n1 x []u16\n"),
              "field 1 'x': ours []u8, theirs []u16");
    EXPECT_EQ(why("fields A\n1 x [3]u8\n", "fields A\n1 x [4]u8\n"),
              "field 1 'x': ours [3]u8, theirs [4]u8");
    EXPECT_EQ(why("fields A\n1 x {u8:f64}\n", "fields A\n1 x {string:f64}\n"),
              "field 1 'x': ours {u8:f64}, theirs {string:f64}");
    EXPECT_EQ(why("fields A\n3 terms #1\nfields T\n1 days u32\n",
                  "fields A\n3 terms #1\nfields T\n1 days u64\n"),
              "field 3 'terms': field 1 'days': ours u32, theirs u64");
    EXPECT_EQ(why("fields A\n3 t #1\nfields T\n", "fields A\n3 t #1\nflat T 1\n0 x u8\n"),
              "field 3 't': ours fields T, theirs flat T");
    EXPECT_EQ(why("fields A\n", "fields B\n"), "ours fields A, theirs fields B");
    EXPECT_EQ(why("flat R 16\n0 n u64\n8 celsius f64\n", "flat R 12\n0 n u64\n8 celsius f32\n"),
              "member 'celsius' at byte 8: ours f64, theirs f32");
    EXPECT_EQ(why("flat R 8\n0 a u64\n", "flat R 8\n0 b u64\n"),
              "member 'a' at byte 0: ours a, theirs b");
    EXPECT_EQ(why("flat R 8\n0 a u64\n", "flat R 9\n0 a u64\n8 b u8\n"),
              "byte 8: ours nothing, theirs 'b' u8");
    EXPECT_EQ(why("tlv R 20 1\n0 a u8\n", "tlv R 21 1\n0 a u8\n"),
              "ours tlv R number 20, theirs tlv R number 21");
    EXPECT_EQ(why("flat R 1\n0 a #1\nflat S 1\n0 b u8\n", "flat R 1\n0 a #1\nflat S 1\n0 b i8\n"),
              "member 'a' at byte 0: member 'b' at byte 0: ours u8, theirs i8");
}

TEST(Compatible, recursive_types_are_compared_once) {
    const char* const tree = "fields T\n1 children []#0\n2 x u8\n";
    const char* const unrolled =
        "fields T\n1 children []#1\n2 x u8\nfields T\n1 children []#0\n2 x u16\n";
    EXPECT_EQ(error_of(compatible_descriptions(tree, unrolled)).message(),
              "field 1 'children': field 2 'x': ours u8, theirs u16");
    EXPECT_TRUE(compatible_descriptions(
        tree, "fields T\n1 children []#1\n2 x u8\nfields T\n1 children []#0\n2 x u8\n"));
}

TEST(Compatible, says_whose_description_is_malformed) {
    const auto error = error_of(compatible_descriptions("fields A\n", "rubbish"));
    EXPECT_EQ(error, Errc::malformed);
    EXPECT_EQ(error.message().substr(0, 12), "their type: ");
}

}  // namespace
}  // namespace mycelium::codec
