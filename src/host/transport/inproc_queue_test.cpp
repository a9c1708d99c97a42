#include "host/transport/inproc_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <mycelium/bytes.h>

namespace mycelium::transport {
namespace {

std::vector<std::byte> bytes_of(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i + size);
    return bytes;
}

struct Given {
    Header header;
    Origin origin;
    CallInfo call;
    InprocValue value(std::span<const std::byte> bytes,
                      std::shared_ptr<const void> owner = nullptr) const {
        return {header, origin, call, nullptr, nullptr, bytes, true, std::move(owner)};
    }
};

Message take(InprocQueue& queue) {
    Message message;
    InprocRecord* const front = queue.front();
    EXPECT_NE(front, nullptr);
    if (!front) return message;
    front->take(message);
    queue.pop();
    return message;
}

TEST(InprocQueue, keeps_copies_of_bytes_of_every_size) {
    InprocQueue queue;
    std::vector<std::vector<std::byte>> sources;
    for (const int size : {0, 1, 15, 16, 31, 32, 33, 95, 96, 97, 1023, 1024})
        sources.push_back(bytes_of(static_cast<std::size_t>(size)));
    const auto before = sources;
    Given given;
    for (auto& source : sources) {
        ++given.header.sequence;
        queue.append(given.value(source));
        std::fill(source.begin(), source.end(), std::byte{0xff});
    }
    queue.commit();
    for (std::size_t i = 0; i < before.size(); ++i) {
        const Message message = take(queue);
        EXPECT_EQ(message.header.sequence, i + 1);
        EXPECT_EQ(message.header.payload_size, before[i].size());
        EXPECT_TRUE(message.payload.has_bytes);
        EXPECT_FALSE(message.payload.owner);
        EXPECT_TRUE(std::equal(before[i].begin(), before[i].end(), message.payload.bytes.begin(),
                               message.payload.bytes.end()));
    }
    EXPECT_EQ(queue.front(), nullptr);
}

TEST(InprocQueue, the_largest_record_that_there_can_be_fits) {
    InprocQueue queue;
    Given given;
    given.origin = {1, 2, 3, 4};
    const std::string method(limits::method_bytes_max, 'm');
    given.call.kind = CallKind::request;
    given.call.id = 9;
    given.call.budget = Duration{77};
    given.call.method = method;
    const auto bytes = bytes_of(InprocRecord::copied_bytes_max);
    for (int i = 0; i < 10; ++i) queue.append(given.value(bytes));
    queue.commit();
    for (int i = 0; i < 10; ++i) {
        const Message message = take(queue);
        EXPECT_EQ(message.origin, given.origin);
        EXPECT_EQ(message.call.kind, CallKind::request);
        EXPECT_EQ(message.call.id, 9u);
        EXPECT_EQ(message.call.budget, Duration{77});
        EXPECT_EQ(message.call.method, method);
        EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), message.payload.bytes.begin(),
                               message.payload.bytes.end()));
    }
}

TEST(InprocQueue, the_header_arrives_as_it_was) {
    InprocQueue queue;
    Given given;
    given.header.relay_domain = 2;
    given.header.source = 7;
    given.header.sequence = 1234567890123;
    given.header.timestamp = 987654321987;
    queue.append(given.value(bytes_of(3)));
    queue.commit();
    Header expected = given.header;
    expected.flags = flag_unchecked;
    expected.payload_size = 3;
    EXPECT_EQ(take(queue).header, expected);
}

TEST(InprocQueue, an_owner_goes_along_and_no_copy_of_it_stays) {
    InprocQueue queue;
    Given given;
    Bytes large = Bytes::copy_of(bytes_of(5000));
    const std::byte* const data = large.data();
    std::weak_ptr<const void> alive;
    {
        auto owner = std::move(large).owner();
        alive = owner;
        queue.append(given.value({data, 5000}, std::move(owner)));
    }
    queue.commit();
    Message message = take(queue);
    EXPECT_EQ(message.payload.bytes.data(), data);
    EXPECT_EQ(alive.use_count(), 1);
    message = {};
    EXPECT_TRUE(alive.expired());
}

TEST(InprocQueue, what_nobody_took_is_let_go_with_it) {
    const auto owner = std::make_shared<const int>(1);
    {
        InprocQueue queue;
        const Given given;
        for (int i = 0; i < 300; ++i) queue.append(given.value(bytes_of(8), owner));
        queue.commit();
        for (int i = 0; i < 100; ++i) take(queue);
        queue.append(given.value(bytes_of(8), owner));  // and this is not committed
        EXPECT_EQ(owner.use_count(), 202);
    }
    EXPECT_EQ(owner.use_count(), 1);
}

TEST(InprocQueue, notices_take_their_turn) {
    InprocQueue queue;
    const Given given;
    wire::Gap gap;
    gap.dropped.add(DropReason::paused, 3);
    gap.next_sequence = 17;
    queue.append(given.value(bytes_of(4)));
    queue.append(gap);
    queue.append(given.value(bytes_of(5)));
    queue.commit();
    EXPECT_EQ(take(queue).payload.bytes.size(), 4u);
    ASSERT_TRUE(queue.front()->is_gap());
    EXPECT_EQ(queue.front()->take_gap(), gap);
    queue.pop();
    EXPECT_EQ(take(queue).payload.bytes.size(), 5u);
}

TEST(InprocQueue, what_was_taken_stays_until_it_is_let_go) {
    InprocQueue queue;
    const Given given;
    const auto bytes = bytes_of(60);
    std::vector<Message> taken;
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 100; ++i) queue.append(given.value(bytes));
        queue.commit();
        queue.let_go();
        taken.clear();
        while (taken.size() < 100) taken.push_back(take(queue));
        queue.hold();
        for (int i = 0; i < 50; ++i) queue.append(given.value(bytes_of(61)));  // into other chunks
        queue.commit();
        for (const Message& message : taken)
            EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), message.payload.bytes.begin(),
                                   message.payload.bytes.end()));
        while (InprocRecord* const front = queue.front_to_drop()) {
            front->take_owner();
            queue.pop();
        }
    }
}

TEST(InprocQueue, two_threads_hand_over_everything_in_order) {
    InprocQueue queue;
    constexpr std::uint64_t messages = 200'000;
    std::thread writer{[&] {
        Given given;
        const auto bytes = bytes_of(600);
        for (std::uint64_t number = 1; number <= messages; ++number) {
            given.header.sequence = number;
            const auto payload = std::span{bytes}.first(8 + number * 13 % 590);
            queue.append(given.value(payload));
            if (number % 7 != 0 || number == messages) queue.commit();
        }
    }};
    std::uint64_t expected = 1;
    while (expected <= messages) {
        queue.let_go();
        for (int i = 0; i < 50 && queue.front() != nullptr; ++i) {
            Message message;
            queue.front()->take(message);
            queue.pop();
            const std::size_t size = 8 + expected * 13 % 590;
            const bool is_whole =
                message.header.sequence == expected && message.payload.bytes.size() == size &&
                message.payload.bytes[size - 1] == static_cast<std::byte>(size - 1 + 600);
            if (!is_whole) ADD_FAILURE() << "message " << expected;
            ++expected;
        }
        queue.hold();
        if (expected % 64 == 0) std::this_thread::yield();
    }
    writer.join();
}

}  // namespace
}  // namespace mycelium::transport
