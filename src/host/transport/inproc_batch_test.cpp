#include "host/transport/inproc_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace mycelium::transport {
namespace {

std::vector<std::byte> bytes_of(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
    return bytes;
}

Message message_of(std::span<const std::byte> bytes) {
    Message message;
    message.header.sequence = 7;
    message.payload.bytes = bytes;
    message.payload.has_bytes = true;
    return message;
}

std::shared_ptr<const InprocBatch> batch_of(std::span<const Message> messages) {
    const InprocBatches all = InprocBatch::of(messages);
    EXPECT_EQ(all.size(), 1u);
    return all.front();
}

Message given(const InprocBatch::Item& item, bool shares_objects = false) {
    Message message;
    item.give(message, shares_objects);
    return message;
}

TEST(InprocBatch, keeps_bytes_of_every_size_that_nobody_owns) {
    std::vector<std::vector<std::byte>> sources;
    std::vector<Message> messages;
    for (const std::size_t size : {0, 1, 15, 16, 17, 1023, 1024, 1025, 50'000})
        sources.push_back(bytes_of(static_cast<std::size_t>(size)));
    for (const auto& source : sources) messages.push_back(message_of(source));
    const auto batch = batch_of(messages);
    const auto before = sources;
    for (auto& source : sources) std::fill(source.begin(), source.end(), std::byte{0xff});
    ASSERT_EQ(batch->items().size(), before.size());
    std::size_t sum = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const Message message = given(batch->items()[i]);
        EXPECT_TRUE(std::equal(before[i].begin(), before[i].end(), message.payload.bytes.begin(),
                               message.payload.bytes.end()));
        EXPECT_TRUE(message.payload.has_bytes);
        EXPECT_EQ(message.header.sequence, 7u);
        EXPECT_EQ(message.header.payload_size, before[i].size());
        sum += before[i].size();
    }
    EXPECT_EQ(batch->bytes(), sum);
    EXPECT_EQ(batch->largest(), 50'000u);
}

TEST(InprocBatch, what_is_large_outlives_it_and_is_shared) {
    Bytes large = Bytes::copy_of(bytes_of(5000));
    Message message = message_of(large.span());
    message.payload.owner = large.owner();
    auto batch = batch_of({&message, 1});
    const Message received = given(batch->items()[0]);
    EXPECT_EQ(received.payload.bytes.data(), large.data());
    message = {};
    large = {};
    batch.reset();
    EXPECT_EQ(received.payload.bytes[4999], static_cast<std::byte>(4999 & 0xff));
}

TEST(InprocBatch, an_object_comes_without_its_bytes_and_with_its_owner) {
    const auto object = std::make_shared<const int>(5);
    const auto bytes = bytes_of(4);
    Message message = message_of(bytes);
    message.payload.object = object.get();
    message.payload.owner = object;
    const auto batch = batch_of({&message, 1});
    const Message received = given(batch->items()[0], true);
    EXPECT_EQ(received.payload.object, object.get());
    EXPECT_FALSE(received.payload.has_bytes);
    EXPECT_EQ(received.payload.owner, object);
    EXPECT_FALSE(given(batch->items()[0]).payload.object);
}

TEST(InprocBatch, a_method_lives_as_long_as_its_message) {
    Message received;
    {
        std::string method = "a method that does not fit into a short string";
        Message message = message_of({});
        message.call.kind = CallKind::request;
        message.call.id = 3;
        message.call.method = method;
        const auto batch = batch_of({&message, 1});
        received = given(batch->items()[0]);
    }
    EXPECT_EQ(received.call.id, 3u);
    EXPECT_EQ(received.call.method, "a method that does not fit into a short string");
}

TEST(InprocBatch, what_a_call_carries_outlives_it) {
    const auto bytes = bytes_of(20);
    Message message = message_of(bytes);
    message.call.kind = CallKind::error;
    auto batch = batch_of({&message, 1});
    const Message received = given(batch->items()[0], true);  // an error is never an object
    batch.reset();
    ASSERT_TRUE(received.payload.owner);
    EXPECT_EQ(received.payload.bytes[19], std::byte{19});
}

TEST(InprocBatch, what_is_large_keeps_nothing_else_alive) {
    const auto small = bytes_of(10), large = bytes_of(InprocBatch::bytes_max);
    const auto sizes = [](std::span<const Message> messages) {
        std::vector<std::size_t> counts;
        for (const auto& batch : InprocBatch::of(messages)) counts.push_back(batch->items().size());
        return counts;
    };
    std::vector<Message> messages(6, message_of(small));
    messages[2] = message_of(large);
    EXPECT_EQ(sizes(messages), (std::vector<std::size_t>{2, 1, 3}));

    // Nobody knows how large an object of this kind is.
    std::vector<std::shared_ptr<const int>> objects;
    for (int i = 0; i < 3; ++i) {
        messages[i].payload.object = objects.emplace_back(std::make_shared<int>(i)).get();
        messages[i].payload.owner = objects.back();
    }
    EXPECT_EQ(sizes(messages), (std::vector<std::size_t>{1, 1, 1, 3}));
}

TEST(InprocBatch, takes_what_is_added_one_by_one) {
    const auto batch = InprocBatch::make(2, 20);
    Header header;
    header.sequence = 9;
    batch->add(header, {1, 2, 3, 4}, bytes_of(17));
    batch->add(header, {}, bytes_of(3));
    const Message received = given(batch->items()[0]);
    EXPECT_EQ(received.origin, (Origin{1, 2, 3, 4}));
    EXPECT_EQ(received.header.payload_size, 17u);
    EXPECT_EQ(received.payload.bytes[16], std::byte{16});
    EXPECT_EQ(given(batch->items()[1]).payload.bytes[2], std::byte{2});
}

}  // namespace
}  // namespace mycelium::transport
