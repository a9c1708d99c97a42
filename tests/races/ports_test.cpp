// Whole ports on threads of their own, whose shared memory is mapped once: the payloads in chunks
// are plain memory, and ThreadSanitizer sees who writes there while another reads.
#include <gtest/gtest.h>
#include <mycelium/mycelium.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "one_mapping.h"

namespace mycelium {
namespace {

using namespace std::chrono_literals;

constexpr Duration patience = 60s;
constexpr const char* sees_nothing = "this test sees nothing: each end has mappings of its own";

std::string url(const std::string& name) {
    return "shm://races/" + std::to_string(::getpid()) + "/" + name;
}

std::byte fill_of(std::uint64_t number) { return static_cast<std::byte>(number * 7 + 1); }

void fill(std::span<std::byte> memory, std::uint64_t number) {
    std::fill(memory.begin(), memory.end(), fill_of(number));
}

bool is_filled(std::span<const std::byte> memory) {
    return std::all_of(memory.begin(), memory.end(),
                       [&](std::byte one) { return one == memory.front(); });
}

Bytes filled(std::uint64_t number, std::size_t size) {
    return Bytes::copy_of(std::string(size, static_cast<char>(fill_of(number))));
}

/// Inline, in a batch, copied into chunks, and as loans.
void publish_all_kinds(Publisher<Bytes>& publisher, std::uint64_t rounds) {
    for (std::uint64_t number = 1; number <= rounds; ++number) {
        publisher.publish(filled(number, 200 + number % 800)).value();
        const std::vector<Bytes> batch{filled(number, 40), filled(number, 1500), filled(number, 8)};
        publisher.publish(batch).value();
        auto loan = publisher.loan(2000 + number % 4 * 1000);
        if (!loan) continue;  // all of it is held, for now
        fill(loan->span(), number);
        publisher.publish(*std::move(loan)).value();
    }
    publisher.publish(Bytes::copy_of("end")).value();
}

/// Keeps some samples, and lets go of them on a thread of its own.
void receive_all(Subscriber<Bytes> subscriber) {
    std::vector<Sample<Bytes>> kept;
    bool is_over = false;
    while (!is_over) {
        auto sample = subscriber.receive_for(patience);
        ASSERT_TRUE(sample.ok()) << sample.error().to_string();
        is_over = (*sample)->text() == "end";
        kept.push_back(*std::move(sample));
        if (kept.size() < 24 && !is_over) continue;
        std::thread{[held = std::move(kept), is_over]() mutable {
            if (is_over) held.pop_back();
            for (const auto& one : held) EXPECT_TRUE(is_filled(one->span())) << "it is torn";
        }}.join();
        kept = {};
    }
}

void publish_to(const std::vector<SubscriberOptions>& readers, const std::string& place) {
    Node home{"home"}, away{"away"};
    auto publisher = home.publisher<Bytes>(place, {.block_max = patience}).value();
    std::vector<std::thread> threads;
    for (const auto& options : readers) {
        auto subscriber = away.subscriber<Bytes>(place, options).value();
        threads.emplace_back(
            [port = std::move(subscriber)]() mutable { receive_all(std::move(port)); });
    }
    publisher.wait_for(readers.size(), patience).value();
    const std::size_t before = testing_support::shared_mappings();
    publish_all_kinds(publisher, 1000);
    for (auto& thread : threads) thread.join();
    // A log, a subscription and a segment of chunks each.
    EXPECT_GE(testing_support::shared_mappings() - before, 2 * readers.size()) << sees_nothing;
    EXPECT_TRUE(publisher.drain(patience).ok());
    EXPECT_TRUE(publisher.counters().is_balanced());
}

TEST(PortsOverOneMapping, a_publisher_that_waits_for_its_readers) {
    publish_to({{.queue_messages_max = 16}, {}}, url("block"));
}

TEST(PortsOverOneMapping, a_publisher_whose_readers_lose_messages) {
    publish_to({{.slow = SlowReader::drop_oldest, .queue_messages_max = 4},
                {.slow = SlowReader::latest},
                {.slow = SlowReader::drop_oldest, .queue_messages_max = 64}},
               url("lossy"));
}

TEST(PortsOverOneMapping, calls_of_all_sizes) {
    Node home{"home"}, away{"away"};
    auto replier = home.replier<Bytes, Bytes>(url("call")).value();
    auto requester = away.requester<Bytes, Bytes>(url("call")).value();
    const std::size_t before = testing_support::shared_mappings();
    std::thread serving{[&] {
        (void)replier.serve([](const Bytes& question) {
            EXPECT_TRUE(is_filled(question.span()));
            return question;
        });
    }};
    for (std::uint64_t round = 0; round < 300; ++round) {
        std::vector<PendingCall<Bytes>> pending;
        for (const std::size_t size : {16, 1500, 5000})
            pending.push_back(requester.begin_call(filled(round, size), patience).value());
        for (auto& call : pending) {
            const auto answer = call.wait().value();
            EXPECT_TRUE(is_filled(answer->span()));
            EXPECT_EQ(answer->span().front(), fill_of(round));
        }
    }
    home.stop();
    serving.join();
    EXPECT_GT(testing_support::shared_mappings(), before) << sees_nothing;
}

}  // namespace
}  // namespace mycelium
