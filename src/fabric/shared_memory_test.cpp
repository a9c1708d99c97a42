// shm:// and its limits, as a user meets them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

#include "fabric/seen_memory.h"

namespace mycelium {
namespace {

constexpr Duration patience = std::chrono::seconds{30};

std::string url(const std::string& name) {
    return "shm://fabric/" + std::to_string(::getpid()) + "/" + name;
}

Bytes bytes_of(std::size_t size, char fill) { return Bytes::copy_of(std::string(size, fill)); }

/// Of this process, the one whose port has that number of readers and records.
std::vector<fabric::SeenLog> logs() { return fabric::see_logs(::getpid(), 100).value(); }

/// A port of bytes whose payloads are loans, as a relay or a binding has it.
struct LendingPorts {
    explicit LendingPorts(const std::string& name, std::size_t size_of_each = 200'000)
        : size(size_of_each),
          publisher(home.publisher_port(url(name), schema_of<Bytes>(), {}).value()),
          subscriber(away.subscriber<Bytes>(url(name)).value()) {
        publisher.wait_for(1, patience).value();
    }
    Payload lent(char fill) {
        auto loan = publisher.loan(size).value();
        chunks.insert(loan.span().data());
        std::fill(loan.span().begin(), loan.span().end(), static_cast<std::byte>(fill));
        return payload_of(std::move(loan).freeze());
    }
    Bytes received() { return *subscriber.receive_for(patience).value(); }

    const std::size_t size;
    Node home{"home"}, away{"away"};
    PublisherPort publisher;
    Subscriber<Bytes> subscriber;
    std::set<const std::byte*> chunks;  ///< that were lent
};

TEST(SharedMemory, payloads_up_to_inline_bytes_max_lie_in_the_log_and_larger_ones_in_chunks) {
    Node node_a{"a"}, node_b{"b"};
    auto publisher = node_a.publisher<Bytes>(url("inline")).value();
    auto subscriber = node_b.subscriber<Bytes>(url("inline")).value();
    publisher.wait_for(1, patience).value();
    publisher.publish(bytes_of(limits::inline_bytes_max, 'i')).value();
    publisher.publish(bytes_of(limits::inline_bytes_max + 1, 'c')).value();
    const auto seen = logs();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].capacity, limits::log_bytes);
    ASSERT_EQ(seen[0].last.size(), 2u);
    EXPECT_FALSE(seen[0].last[0].is_referenced);
    EXPECT_TRUE(seen[0].last[1].is_referenced);
    EXPECT_EQ(seen[0].last[1].payload_bytes, limits::inline_bytes_max + 1);
    EXPECT_EQ(*subscriber.receive_for(patience).value(), bytes_of(limits::inline_bytes_max, 'i'));
    EXPECT_EQ(*subscriber.receive_for(patience).value(),
              bytes_of(limits::inline_bytes_max + 1, 'c'));
}

TEST(
    SharedMemory,
    the_two_ends_of_a_call_have_logs_of_call_log_bytes_and_more_calls_than_those_hold_get_through) {
    Node node_a{"a"}, node_b{"b"};
    auto replier = node_a.replier<Bytes, Bytes>(url("call")).value();
    auto requester = node_b.requester<Bytes, Bytes>(url("call")).value();
    requester.wait_for(1, patience).value();
    auto seen = logs();
    // The other end may still be on its way.
    for (const Instant until = after(patience); seen.size() < 2 && after({}) < until;)
        seen = logs();
    ASSERT_EQ(seen.size(), 2u);
    for (const auto& log : seen) EXPECT_EQ(log.capacity, limits::call_log_bytes);
    constexpr std::size_t calls = 4 * limits::call_log_bytes / 1000;
    std::vector<PendingCall<Bytes>> pending;
    for (std::size_t i = 0; i < calls; ++i)
        pending.push_back(
            requester.begin_call(bytes_of(1000, static_cast<char>('a' + i % 26)), patience)
                .value());
    for (std::size_t i = 0; i < calls; ++i) {
        auto request = replier.receive_for(patience).value();
        request.answer(request.question()).value();
    }
    for (std::size_t i = 0; i < calls; ++i)
        EXPECT_EQ(*pending[i].wait().value(), bytes_of(1000, static_cast<char>('a' + i % 26)));
}

TEST(SharedMemory, loans_beyond_loan_bytes_max_are_an_outcome) {
    Node node{"a"};
    auto publisher =
        node.publisher<Bytes>(url("loans"), {.message_bytes_max = limits::message_bytes_ceiling})
            .value();
    EXPECT_EQ(publisher.loan(limits::loan_bytes_max + 1).error(), Errc::overloaded);
    EXPECT_TRUE(publisher.loan(1 * MiB).ok());
}

TEST(SharedMemory, who_holds_loans_held_max_samples_counts_as_slow_until_it_lets_go) {
    Node node_a{"a"}, node_b{"b"};
    auto publisher =
        node_a.publisher<Bytes>(url("held"), {.block_max = std::chrono::milliseconds{20}}).value();
    auto subscriber =
        node_b.subscriber<Bytes>(url("held"), {.queue_messages_max = 100'000}).value();
    publisher.wait_for(1, patience).value();
    std::vector<Sample<Bytes>> held;
    const auto was_demoted = [&] {
        while (auto event = publisher.try_event())
            if (event->kind == Event::Kind::demoted) return true;
        return false;
    };
    std::uint64_t published = 0;
    while (!was_demoted() && published < 2 * limits::loans_held_max) {
        publisher.publish(bytes_of(2000, static_cast<char>('a' + published % 26))).value();
        ++published;
        while (auto sample = subscriber.try_receive()) held.push_back(*std::move(sample));
    }
    EXPECT_GE(held.size(), limits::loans_held_max - 1);
    EXPECT_LE(held.size(), limits::loans_held_max + 1);
    for (std::size_t i = 0; i < held.size(); ++i)
        ASSERT_EQ(*held[i], bytes_of(2000, static_cast<char>('a' + i % 26))) << "held, and changed";
    held.clear();
    for (int i = 0; i < 10; ++i) publisher.publish(bytes_of(2000, 'z')).value();
    std::uint64_t received = 0;
    while (subscriber.receive_for(std::chrono::milliseconds{100})) ++received;
    EXPECT_GT(received, 0u);
    EXPECT_TRUE(publisher.drain(patience).ok());
    EXPECT_TRUE(publisher.counters().is_balanced());
}

TEST(SharedMemory, a_loan_is_written_once_and_read_where_it_lies) {
    Node node_a{"a"}, node_b{"b"};
    auto publisher = node_a.publisher<Bytes>(url("loan")).value();
    auto subscriber = node_b.subscriber<Bytes>(url("loan")).value();
    publisher.wait_for(1, patience).value();
    auto loan = publisher.loan(1 * MiB).value();
    std::byte* const written = loan.span().data();
    std::fill(loan.span().begin(), loan.span().end(), std::byte{'w'});
    publisher.publish(std::move(loan)).value();
    const auto sample = subscriber.receive_for(patience).value();
    EXPECT_EQ(sample->size(), 1 * MiB);
    // The same pages by way of two maps.
    written[1000] = std::byte{'!'};
    EXPECT_EQ(sample->span()[1000], std::byte{'!'});
}

TEST(SharedMemory, loans_that_are_let_go_of_one_by_one_take_turns_in_two_chunks) {
    LendingPorts ports{"turns", 64 * KiB};
    for (int i = 0; i < 100; ++i) {
        ports.publisher.publish(ports.lent('t')).value();
        EXPECT_EQ(ports.received().size(), ports.size);
    }
    EXPECT_LE(ports.chunks.size(), 2u);
}

TEST(SharedMemory, loans_that_are_published_several_at_once_use_the_same_chunks_again) {
    LendingPorts ports{"pairs", 64 * KiB};
    for (int i = 0; i < 50; ++i) {
        const std::vector<Payload> pair{ports.lent('p'), ports.lent('p')};
        ports.publisher.publish(pair).value();
        for (int j = 0; j < 2; ++j) EXPECT_EQ(ports.received().size(), ports.size);
    }
    EXPECT_LE(ports.chunks.size(), 4u);
}

TEST(SharedMemory, samples_outlive_their_subscriber_and_its_publisher) {
    std::vector<Sample<Bytes>> held;
    {
        Node node_a{"a"};
        auto publisher = node_a.publisher<Bytes>(url("outlive")).value();
        {
            Node node_b{"b"};
            auto subscriber = node_b.subscriber<Bytes>(url("outlive")).value();
            publisher.wait_for(1, patience).value();
            for (int i = 0; i < 3; ++i)
                publisher.publish(bytes_of(5000, static_cast<char>('a' + i))).value();
            for (int i = 0; i < 3; ++i) held.push_back(subscriber.receive_for(patience).value());
        }
        // It goes on, and needs chunks.
        Node node_c{"c"};
        auto other = node_c.subscriber<Bytes>(url("outlive")).value();
        // The one that has left may still be counted.
        do publisher.publish(bytes_of(5000, 'x')).value();
        while (!other.receive_for(std::chrono::milliseconds{20}));
        for (int i = 0; i < 5000; ++i) {
            publisher.publish(bytes_of(5000, 'x')).value();
            EXPECT_TRUE(other.receive_for(patience).ok());
        }
        for (int i = 0; i < 3; ++i) EXPECT_EQ(*held[i], bytes_of(5000, static_cast<char>('a' + i)));
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*held[i], bytes_of(5000, static_cast<char>('a' + i)));
}

TEST(SharedMemory, a_sample_that_came_after_loans_that_were_too_large_is_kept_whole) {
    Node node_a{"a"}, node_b{"b"};
    auto publisher = node_a.publisher<Bytes>(url("too large")).value();
    auto subscriber =
        node_b.subscriber<Bytes>(url("too large"), {.message_bytes_max = 64 * KiB}).value();
    publisher.wait_for(1, patience).value();
    for (int i = 0; i < 4; ++i) publisher.publish(bytes_of(1 * MiB, 'L')).value();
    publisher.publish(bytes_of(100, 'a')).value();
    const auto kept = subscriber.receive_for(patience).value();
    EXPECT_EQ(kept.missed().count(), 4u);
    for (int i = 0; i < 20; ++i) {
        publisher.publish(bytes_of(100, 'b')).value();
        EXPECT_EQ(*subscriber.receive_for(patience).value(), bytes_of(100, 'b'));
    }
    EXPECT_EQ(*kept, bytes_of(100, 'a'));
}

TEST(SharedMemory, a_payload_that_its_publisher_keeps_stays_as_it_is_and_can_be_published_again) {
    LendingPorts ports{"kept"};
    const Payload kept = ports.lent('A');
    for (int i = 0; i < 3; ++i) {
        ports.publisher.publish(kept).subscribers();
        EXPECT_EQ(ports.received(), bytes_of(ports.size, 'A'));
        const Payload other = ports.lent('B');  // the reader's use of the first is over
        EXPECT_NE(other.bytes.data(), kept.bytes.data());
        EXPECT_EQ(static_cast<char>(kept.bytes.front()), 'A');
    }
}

TEST(SharedMemory, a_loan_given_away_after_it_was_published_before_stays_with_its_readers) {
    LendingPorts ports{"given"};
    Payload first = ports.lent('A');
    Payload second = first;
    ports.publisher.publish(std::move(first)).subscribers();
    first = {};
    ports.publisher.publish(std::move(second)).subscribers();
    second = {};
    Bytes released = ports.received();
    const Bytes held = ports.received();
    released = {};
    for (int i = 0; i < 4; ++i) (void)ports.lent('C');
    EXPECT_EQ(held, bytes_of(ports.size, 'A'));
}

TEST(SharedMemory, a_reader_with_a_short_queue_finds_something_in_every_look_at_a_stream) {
    Node node_a{"a"}, node_b{"b"};
    SubscriberOptions options;
    options.slow = SlowReader::drop_oldest;
    options.queue_messages_max = 8;
    auto publisher = node_a.publisher<Bytes>(url("short")).value();
    auto subscriber = node_b.subscriber<Bytes>(url("short"), options).value();
    publisher.wait_for(1, patience).value();
    const Bytes message = bytes_of(32, 'm');
    publisher.publish(message).value();
    ASSERT_TRUE(subscriber.receive_for(patience).ok()) << "then both ends are there";
    int empty_looks = 0;
    for (int look = 0; look < 500; ++look) {
        for (int i = 0; i < 200; ++i) publisher.publish(message).value();
        if (!subscriber.try_receive()) ++empty_looks;
        while (subscriber.try_receive()) {
        }
    }
    EXPECT_EQ(empty_looks, 0);
}

}  // namespace
}  // namespace mycelium
