#include "fabric/encoding.h"

#include <gtest/gtest.h>

#include <set>

#include <mycelium/mycelium.h>

namespace mycelium::fabric {
namespace {

struct Text {
    std::string text;
};
MYCELIUM_FIELDS(Text, (1, text));

/// Messages of so many values of that size, encoded for links that keep the bytes.
std::vector<Message> encoded(Encoder& encoder, const std::vector<Text>& values) {
    std::vector<Message> messages;
    for (const Text& value : values) messages.emplace_back().payload = payload_of(value);
    base::Count count;
    encoder.complete(messages, {.bytes = true, .owned_bytes = true}, 1 * MiB, count).value();
    EXPECT_EQ(count, values.size());
    return messages;
}

TEST(Encoder, small_values_of_one_call_share_a_block) {
    memory::BlockPool pool;
    Encoder encoder{pool};
    const auto messages = encoded(encoder, std::vector<Text>(10, {std::string(100, 'x')}));
    ASSERT_TRUE(messages[0].payload.owner);
    EXPECT_EQ(messages[0].payload.owner, messages[9].payload.owner);
}

TEST(Encoder, many_small_ones_share_blocks_of_limited_size) {
    memory::BlockPool pool;
    Encoder encoder{pool};
    const auto messages = encoded(encoder, std::vector<Text>(10'000, {std::string(20, 'x')}));
    std::set<const void*> owners;
    for (const Message& message : messages) owners.insert(message.payload.owner.get());
    EXPECT_GT(owners.size(), 1u);
    EXPECT_LT(owners.size(), 100u);
}

TEST(Encoder, large_ones_do_not_keep_each_other_alive) {
    memory::BlockPool pool;
    Encoder encoder{pool};
    const std::vector<Text> values(10, {std::string(40'000, 'x')});
    const auto messages = encoded(encoder, values);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        ASSERT_TRUE(messages[i].payload.owner);
        EXPECT_TRUE(i == 0 || messages[i].payload.owner != messages[i - 1].payload.owner);
        const auto decoded = schema_of<Text>().decode_shared(messages[i].payload.bytes);
        ASSERT_TRUE(decoded.ok());
        EXPECT_EQ(static_cast<const Text*>(decoded->get())->text, values[i].text);
    }
}

}  // namespace
}  // namespace mycelium::fabric
