#include "host/transport/send_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/wire/header.h"
#include "host/transport/reference.h"

namespace mycelium::transport {
namespace {

using Head = std::array<std::byte, header_bytes>;

Head head_of(std::uint64_t sequence, std::size_t payload_size, bool is_control = false) {
    Header header;
    header.sequence = sequence;
    header.payload_size = static_cast<std::uint32_t>(payload_size);
    header.flags = static_cast<std::uint8_t>(flag_unchecked | (is_control ? flag_control : 0));
    Head head;
    wire::encode_header(header, head);
    return head;
}

std::vector<std::byte> payload_of(std::uint64_t sequence, std::size_t size) {
    return std::vector<std::byte>(size, static_cast<std::byte>(sequence));
}

void append(SendQueue& queue, std::uint64_t sequence, std::size_t size, bool owned = false,
            bool is_control = false) {
    const Bytes payload = Bytes::copy_of(payload_of(sequence, size));
    queue.append(head_of(sequence, size, is_control), payload.span(),
                 owned ? payload.owner() : nullptr);
}

/// Takes up to `count` bytes as a socket would.
std::vector<std::byte> write(SendQueue& queue, std::size_t count) {
    std::vector<std::byte> written;
    for (const auto part : queue.parts()) {
        const auto taken = part.first(std::min(part.size(), count - written.size()));
        written.insert(written.end(), taken.begin(), taken.end());
    }
    queue.consume(written.size());
    return written;
}

/// The sequence numbers of the frames in a stream; checks each payload.
std::vector<std::uint64_t> frames_in(std::span<const std::byte> stream) {
    std::vector<std::uint64_t> sequences;
    while (!stream.empty()) {
        Header header;
        if (stream.size() < header_bytes ||
            !wire::decode_header_raw(stream.first<header_bytes>(), header) ||
            stream.size() < header_bytes + header.payload_size) {
            ADD_FAILURE() << "the stream is cut off or torn";
            break;
        }
        const auto payload = stream.subspan(header_bytes, header.payload_size);
        EXPECT_EQ(
            std::count(payload.begin(), payload.end(), static_cast<std::byte>(header.sequence)),
            static_cast<std::ptrdiff_t>(payload.size()));
        sequences.push_back(header.sequence);
        stream = stream.subspan(header_bytes + header.payload_size);
    }
    return sequences;
}

TEST(SendQueue, frames_leave_in_order_whatever_the_socket_takes) {
    std::mt19937 random{1};
    SendQueue queue;
    std::vector<std::byte> stream;
    std::vector<std::uint64_t> expected;
    for (std::uint64_t sequence = 1; sequence <= 2000; ++sequence) {
        append(queue, sequence, random() % 8 == 0 ? 16 * KiB + random() % 5000 : random() % 300,
               true);
        expected.push_back(sequence);
        if (random() % 3 == 0) {
            const auto written = write(queue, random() % 20000);
            stream.insert(stream.end(), written.begin(), written.end());
        }
    }
    while (!queue.is_empty()) {
        const auto written = write(queue, 1 + random() % 70000);
        stream.insert(stream.end(), written.begin(), written.end());
    }
    EXPECT_EQ(frames_in(stream), expected);
    EXPECT_EQ(queue.begun(), 2000u);
    EXPECT_EQ(queue.messages(), 0u);
}

TEST(SendQueue, what_is_dropped_leaves_no_trace_and_what_has_begun_is_finished) {
    std::mt19937 random{2};
    SendQueue queue;
    std::vector<std::byte> stream;
    std::vector<std::uint64_t> dropped;
    for (std::uint64_t sequence = 1; sequence <= 3000; ++sequence) {
        append(queue, sequence, random() % 10 == 0 ? 20 * KiB : random() % 500, random() % 2 == 0);
        if (random() % 4 == 0)
            if (const auto gone = queue.drop_oldest()) dropped.push_back(*gone);
        if (random() % 4 == 0) {
            const auto written = write(queue, random() % 3000);
            stream.insert(stream.end(), written.begin(), written.end());
        }
    }
    while (!queue.is_empty()) {
        const auto written = write(queue, 50000);
        stream.insert(stream.end(), written.begin(), written.end());
    }
    auto all = frames_in(stream);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    all.insert(all.end(), dropped.begin(), dropped.end());
    std::sort(all.begin(), all.end());
    ASSERT_EQ(all.size(), 3000u);
    for (std::uint64_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i + 1);
}

TEST(SendQueue, frames_that_are_written_in_place_are_like_the_others) {
    std::mt19937 random{3};
    SendQueue queue;
    std::vector<std::byte> stream;
    std::vector<std::uint64_t> dropped;
    std::uint64_t sequence = 0;
    while (sequence < 3000) {
        const std::size_t count = random() % 40;
        const std::size_t size = random() % 1000;
        std::byte* at = queue.room(count * (header_bytes + size) + 100);
        for (std::size_t i = 0; i < count; ++i) {
            std::ranges::copy(head_of(++sequence, size), at);
            std::ranges::copy(payload_of(sequence, size), at + header_bytes);
            at += header_bytes + size;
        }
        if (count != 0) queue.add(count * (header_bytes + size), count);
        append(queue, ++sequence, random() % 5 == 0 ? 20 * KiB : random() % 500, true);
        if (random() % 2 == 0)
            if (const auto gone = queue.drop_oldest()) dropped.push_back(*gone);
        if (random() % 2 == 0) {
            const auto written = write(queue, random() % 60000);
            stream.insert(stream.end(), written.begin(), written.end());
        }
    }
    const std::uint64_t left = queue.messages();
    EXPECT_EQ(queue.begun() + dropped.size() + left, sequence);
    while (!queue.is_empty()) {
        const auto written = write(queue, 50000);
        stream.insert(stream.end(), written.begin(), written.end());
    }
    auto all = frames_in(stream);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_EQ(queue.begun(), all.size());
    all.insert(all.end(), dropped.begin(), dropped.end());
    std::sort(all.begin(), all.end());
    ASSERT_EQ(all.size(), sequence);
    for (std::uint64_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i + 1);
    EXPECT_EQ(queue.drop_oldest(), std::nullopt) << "an empty run holds no message";
}

TEST(SendQueue, control_frames_survive_dropping_and_go_first) {
    SendQueue queue;
    append(queue, 1, 10);
    append(queue, 200, 5, false, true);
    append(queue, 2, 10);
    EXPECT_EQ(queue.messages(), 2u);
    EXPECT_EQ(queue.drop_oldest(), 1u);
    EXPECT_EQ(queue.drop_oldest(), 2u);
    EXPECT_EQ(queue.drop_oldest(), std::nullopt);
    EXPECT_EQ(frames_in(write(queue, 1000)), (std::vector<std::uint64_t>{200}));
    EXPECT_TRUE(queue.is_empty());
}

TEST(SendQueue, a_notice_put_first_waits_for_the_frame_that_has_begun) {
    SendQueue queue;
    append(queue, 1, 100);
    append(queue, 2, 100);
    auto stream = write(queue, 50);
    const Head notice = head_of(77, 0, true);
    queue.put_first(notice);
    const auto rest = write(queue, 10000);
    stream.insert(stream.end(), rest.begin(), rest.end());
    EXPECT_EQ(frames_in(stream), (std::vector<std::uint64_t>{1, 77, 2}));
}

TEST(SendQueue, a_frame_that_was_begun_elsewhere_comes_first) {
    SendQueue queue;
    const auto payload = payload_of(9, 40);
    const Head head = head_of(9, payload.size());
    queue.put_started(std::span{head}.subspan(20), payload, nullptr);
    append(queue, 10, 5);
    std::vector<std::byte> stream(head.begin(), head.begin() + 20);
    const auto rest = write(queue, 10000);
    stream.insert(stream.end(), rest.begin(), rest.end());
    EXPECT_EQ(frames_in(stream), (std::vector<std::uint64_t>{9, 10}));
}

TEST(SendQueue, large_payloads_with_an_owner_are_not_copied) {
    SendQueue queue;
    const Bytes payload = Bytes::copy_of(payload_of(3, 1 * MiB));
    queue.append(head_of(3, payload.size()), payload.span(), payload.owner());
    const auto parts = queue.parts();
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[1].data(), payload.data());
}

void append_reference(SendQueue& queue, std::uint64_t sequence, std::size_t size) {
    Head head = head_of(sequence, Reference::bytes);
    head[7] |= std::byte{flag_referenced};
    queue.append(head, Reference{1, 0, size, sequence}.encode(), nullptr);
}

TEST(SendQueue, what_messages_refer_to_counts_until_they_leave_or_are_dropped) {
    SendQueue queue;
    append(queue, 1, 100);
    append_reference(queue, 2, 10 * MiB);
    append_reference(queue, 3, 1 * MiB);
    const std::size_t bytes = 100 + 2 * Reference::bytes + 3 * header_bytes;
    EXPECT_EQ(queue.bytes(), bytes);
    EXPECT_EQ(queue.bytes_with_references(), bytes + 11 * MiB);
    (void)write(queue, 150);  // the first, and the beginning of the second
    EXPECT_EQ(queue.bytes_with_references(), bytes - 150 + 1 * MiB);
    EXPECT_EQ(queue.drop_oldest(), 3u);
    EXPECT_EQ(queue.bytes_with_references(), bytes - 150 - header_bytes - Reference::bytes);
    append_reference(queue, 4, 2 * MiB);
    (void)write(queue, queue.bytes());
    EXPECT_EQ(queue.bytes_with_references(), 0u);
}

TEST(SendQueue, a_frame_with_a_descriptor_goes_next_alone_and_at_a_frames_boundary) {
    SendQueue queue;
    append(queue, 1, 100);
    (void)write(queue, 40);
    append(queue, 2, 10);
    const auto owner = std::make_shared<int>();
    const auto payload = payload_of(7, 5);
    std::vector<std::byte> frame(header_bytes + payload.size());
    std::ranges::copy(head_of(7, 5, true), frame.begin());
    std::ranges::copy(payload, frame.begin() + header_bytes);
    queue.put_first(frame, 77, owner);
    EXPECT_EQ(queue.descriptor(), -1) << "another frame has begun to leave";
    EXPECT_EQ(write(queue, 1000).size(), 92u) << "the rest of that one, and no more";
    EXPECT_EQ(queue.descriptor(), 77);
    EXPECT_EQ(queue.parts().size(), 1u);
    EXPECT_EQ(owner.use_count(), 2);
    auto stream = write(queue, 10);
    EXPECT_EQ(queue.descriptor(), -1) << "it has gone with the first byte";
    EXPECT_EQ(owner.use_count(), 1);
    for (const std::byte byte : write(queue, 1000)) stream.push_back(byte);
    EXPECT_EQ(frames_in(stream), (std::vector<std::uint64_t>{7, 2}));
    EXPECT_TRUE(queue.is_empty());

    append(queue, 3, 10);
    queue.put_first(frame, 77, owner);
    queue.put_first(frame, -1, nullptr);
    EXPECT_EQ(write(queue, 1000).size(), frame.size());
    EXPECT_EQ(queue.descriptor(), -1) << "a notice without one keeps its place";
    EXPECT_EQ(frames_in(write(queue, 1000)), (std::vector<std::uint64_t>{7}));
    EXPECT_EQ(frames_in(write(queue, 1000)), (std::vector<std::uint64_t>{3}));
    EXPECT_TRUE(queue.is_empty());
}

}  // namespace
}  // namespace mycelium::transport
