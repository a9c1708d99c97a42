// Makes what docs/formats/types.md, messagepack.md and domain-messages.md show anew and compares.
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "core/codec/types_for_tests.h"

namespace mycelium {
namespace {

using for_tests::bytes_of;
using for_tests::hex_of;
using for_tests::Large;
using for_tests::Order;
using for_tests::Reading;
using for_tests::Swap;
using for_tests::Terms;

const Order order{"BTC", -70'000, std::make_shared<const Terms>(Terms{3, "Kiel"})};
const tlv::Trade trade{7, 6'500'012'345'678, 25'000'000, 1'699'999'999'999'000'000, 2, 1, 0, 1, {}};

/// The fenced block after each `<!-- dump: name -->` (its bytes, as hexadecimal digits) or `<!--
/// text: name -->`.
std::map<std::string, std::string> blocks_in(const std::string& name) {
    std::ifstream document{MYCELIUM_SOURCE_DIR "/docs/formats/" + name};
    EXPECT_TRUE(document) << name;
    std::map<std::string, std::string> blocks;
    std::string title;
    bool is_dump = false;
    bool is_inside = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with("<!-- dump: ") || line.starts_with("<!-- text: ")) {
            is_dump = line.starts_with("<!-- dump: ");
            title = line.substr(11, line.find(" -->") - 11);
        } else if (line.starts_with("```")) {
            is_inside = !is_inside && !title.empty();
            if (!is_inside) title.clear();
        } else if (is_inside) {
            blocks[title] +=
                is_dump ? hex_of(bytes_of(line.substr(0, line.find("  ")))) : line + "\n";
        }
    }
    return blocks;
}

std::string hex_of_value(const auto& value) { return hex_of(encode(value).value().span()); }

using Blocks = std::map<std::string, std::string>;

TEST(CodecDocs, types_shows_what_is_written) {
    EXPECT_EQ(blocks_in("types.md"),
              (Blocks{{"flat", hex_of_value(Reading{7, 21.5})},
                      {"order", std::string{schema_of<Order>().description}},
                      {"reading", std::string{schema_of<Reading>().description}},
                      {"trade", std::string{schema_of<tlv::Trade>().description}},
                      {"json", to_json(order).value() + "\n"}}));
}

TEST(CodecDocs, types_shows_the_hashes) {
    std::ifstream document{MYCELIUM_SOURCE_DIR "/docs/formats/types.md"};
    const std::string text{std::istreambuf_iterator<char>{document}, {}};
    for (const Schema* schema :
         {&schema_of<Order>(), &schema_of<Reading>(), &schema_of<tlv::Trade>()}) {
        std::vector<std::byte> big_endian;
        for (int shift = 56; shift >= 0; shift -= 8)
            big_endian.push_back(static_cast<std::byte>(schema->fingerprint >> shift));
        const auto row = "| " + std::string{schema->name} + " | `0x" + hex_of(big_endian) + "` |";
        EXPECT_NE(text.find(row), std::string::npos) << row;
    }
}

TEST(CodecDocs, messagepack_shows_what_is_written_and_read) {
    auto blocks = blocks_in("messagepack.md");
    const auto foreign = decode<Order>(bytes_of(blocks["order-from-javascript"])).value();
    EXPECT_EQ(foreign.symbol, "ETH");
    EXPECT_EQ(foreign.quantity, 7);
    blocks.erase("order-from-javascript");
    EXPECT_EQ(blocks,
              (Blocks{{"order", hex_of_value(order)},
                      {"order-without-terms", hex_of_value(Order{"BTC", -70'000, nullptr})}}));
}

TEST(CodecDocs, domain_messages_shows_what_is_written) {
    Large large;
    large.values[99] = 0xaabbccdd;
    const auto bytes = encode(large).value();
    EXPECT_EQ(blocks_in("domain-messages.md"),
              (Blocks{{"swap", hex_of_value(Swap{9, -2, true, 0x01020304})},
                      {"large-begin", hex_of(bytes.span().first(9))},
                      {"large-end", hex_of(bytes.span().last(4))},
                      {"trade", hex_of_value(trade)}}));
}

}  // namespace
}  // namespace mycelium
