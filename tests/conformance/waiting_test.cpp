// Waiting: deadlines, several ports at once, descriptors, stop, and one thread at a time.
#include <atomic>
#include <thread>
#include <vector>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Waiting);

TEST_P(Waiting, an_empty_port_answers_at_once_or_at_the_deadline) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    auto replier = node_a.replier<Tick, Tick>(url()).value();
    EXPECT_FALSE(subscriber.try_receive());
    EXPECT_FALSE(replier.try_receive());
    publisher.wait_for(1, patience).value();
    EXPECT_FALSE(subscriber.try_receive());
    const Instant deadline = after(20ms);
    EXPECT_EQ(subscriber.receive_until(deadline).error(), Errc::timeout);
    EXPECT_GE(std::chrono::steady_clock::now(), deadline) << "a wait ended before its deadline";
    EXPECT_EQ(replier.receive_for(1ms).error(), Errc::timeout);
    EXPECT_EQ(publisher.wait_for(2, 1ms).error(), Errc::timeout);
    EXPECT_EQ(subscriber.receive_until(Instant{}).error(), Errc::timeout);
}

TEST_P(Waiting, wait_names_the_port_that_has_something) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place_1 = url(), place_2 = url(), place_3 = url();
    auto publisher_1 = node_a.publisher<Tick>(place_1).value();
    auto publisher_2 = node_a.publisher<Tick>(place_2).value();
    auto subscriber_1 = node_b.subscriber<Tick>(place_1).value();
    auto subscriber_2 = node_b.subscriber<Tick>(place_2).value();
    auto replier = node_b.replier<Tick, Tick>(place_3).value();
    auto requester = node_a.requester<Tick, Tick>(place_3).value();
    publisher_1.wait_for(1, patience).value();
    publisher_2.wait_for(1, patience).value();
    requester.wait_for(1, patience).value();

    publisher_2.publish(tick(1)).value();
    EXPECT_EQ(wait(after(patience), subscriber_1, subscriber_2, replier).value(), 1u);
    EXPECT_EQ(*subscriber_2.try_receive().value(), tick(1));
    publisher_1.publish(tick(2)).value();
    EXPECT_EQ(wait(after(patience), subscriber_1, subscriber_2, replier).value(), 0u);
    EXPECT_EQ(*subscriber_1.try_receive().value(), tick(2));
    auto pending = requester.begin_call(tick(3), patience).value();
    EXPECT_EQ(wait(after(patience), subscriber_1, subscriber_2, replier).value(), 2u);
    replier.try_receive().value().answer(tick(4)).value();
    EXPECT_EQ(*pending.wait().value(), tick(4));
}

TEST_P(Waiting, wait_ends_at_its_deadline) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    EXPECT_EQ(wait(after(20ms), subscriber).error(), Errc::timeout);
}

TEST_P(Waiting, a_descriptor_is_readable_until_try_receive_says_empty) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    const int fd = subscriber.fd();
    ASSERT_GE(fd, 0);
    publisher.wait_for(1, patience).value();
    for (std::uint64_t round = 0; round < 50; ++round) {
        for (std::uint64_t i = 1; i <= 3; ++i) publisher.publish(tick(round * 3 + i)).value();
        for (std::uint64_t i = 1; i <= 3; ++i) {
            ASSERT_TRUE(is_readable(fd, patience)) << "round " << round << ", message " << i;
            auto sample = subscriber.try_receive();
            while (!sample && is_readable(fd, patience)) sample = subscriber.try_receive();
            ASSERT_TRUE(sample);
            EXPECT_EQ(**sample, tick(round * 3 + i));
        }
        EXPECT_TRUE(eventually([&] { return !subscriber.try_receive() && !is_readable(fd); }))
            << "the descriptor stays readable with nothing to receive";
    }
}

TEST_P(Waiting, a_descriptor_asked_for_late_tells_what_came_before) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    publisher.publish(tick(1)).value();
    EXPECT_TRUE(is_readable(subscriber.fd(), patience));
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
}

TEST_P(Waiting, a_message_received_while_others_wait_leaves_the_descriptor_readable) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    const int fd = subscriber.fd();
    publisher.wait_for(1, patience).value();
    for (std::uint64_t i = 1; i <= 100; ++i) publisher.publish(tick(i)).value();
    for (std::uint64_t i = 1; i <= 100; ++i) {
        ASSERT_TRUE(is_readable(fd, patience)) << i;
        EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(i));
    }
}

TEST_P(Waiting, poll_hands_over_what_has_arrived_up_to_its_limit) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    for (std::uint64_t i = 1; i <= 10; ++i) publisher.publish(tick(i)).value();
    std::uint64_t next = 1;
    const auto handler = [&](const Sample<Tick>& sample) { EXPECT_EQ(sample->number, next++); };
    EXPECT_TRUE(eventually([&] { return subscriber.poll(handler, 3) <= 3 && next > 10; }));
    EXPECT_EQ(subscriber.poll(handler), 0u);
}

TEST_P(Waiting, stop_ends_every_wait_with_closed) {
    Node home = node("home"), away = node("away");
    const std::string place_1 = url(), place_2 = url(), place_3 = url();
    auto publisher = home.publisher<Tick>(place_1).value();
    auto receiving = home.subscriber<Tick>(place_2).value();
    auto polled = home.subscriber<Tick>(place_2).value();
    auto ranged = home.subscriber<Tick>(place_2).value();
    auto replier = home.replier<Tick, Tick>(place_3).value();
    auto away_replier = away.replier<Tick, Tick>(url()).value();
    auto requester = home.requester<Tick, Tick>(away_replier.url()).value();
    requester.wait_for(1, patience).value();
    std::atomic<int> ended{0};
    std::vector<std::thread> waiting;
    const auto expect_closed = [&](auto wait_for_it) {
        waiting.emplace_back([&ended, wait_for_it] {
            const auto result = wait_for_it();
            EXPECT_FALSE(result.ok());
            if (!result.ok()) {
                EXPECT_EQ(result.error(), Errc::closed) << result.error().to_string();
            }
            ++ended;
        });
    };
    expect_closed([&] { return receiving.receive(); });
    expect_closed([&] { return wait(never, polled); });
    expect_closed([&] { return replier.receive(); });
    expect_closed([&] { return publisher.wait_for(1); });
    expect_closed([&] { return requester.call(tick(1), patience * 10); });
    waiting.emplace_back([&] {
        for (auto sample : ranged) ADD_FAILURE() << "nobody published " << sample->number;
        ++ended;
    });
    auto held = away_replier.receive_for(patience).value();
    home.stop();
    EXPECT_TRUE(eventually([&] { return ended == 6; })) << ended.load() << " of 6 waits have ended";
    for (auto& thread : waiting) thread.join();
    EXPECT_EQ(receiving.receive().error(), Errc::closed);
    EXPECT_EQ(publisher.publish(tick(1)).error(), Errc::closed);
    EXPECT_EQ(requester.call(tick(1), patience).error(), Errc::closed);
    EXPECT_EQ(home.publisher<Tick>(url()).error(), Errc::closed);
}

TEST_P(Waiting, stop_ends_a_publisher_that_waits_for_a_block_reader) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.block_max = std::chrono::hours{1}}).value();
    auto subscriber = node_b.subscriber<Bytes>(place, {.queue_messages_max = 2}).value();
    publisher.wait_for(1, patience).value();
    std::atomic<bool> ended{false};
    std::thread sender{[&] {
        const Bytes block = pattern_of(64 * KiB);
        for (;;) {
            const Outcome outcome = publisher.publish(block);
            if (outcome.ok()) continue;
            EXPECT_EQ(outcome.error(), Errc::closed) << outcome.error().to_string();
            break;
        }
        ended = true;
    }};
    std::uint64_t seen = 0;
    (void)eventually([&] {
        return std::exchange(seen, publisher.counters().published) ==
                   publisher.counters().published &&
               seen > 0;
    });
    node_a.stop();
    EXPECT_TRUE(eventually([&] { return ended.load(); }));
    sender.join();
}

TEST_P(Waiting, ports_outlive_their_node_and_answer_closed) {
    auto home = std::make_unique<Node>(node_options("home"));
    auto publisher = home->publisher<Tick>(url()).value();
    auto subscriber = home->subscriber<Tick>(url()).value();
    home.reset();
    EXPECT_EQ(publisher.publish(tick(1)).error(), Errc::closed);
    EXPECT_EQ(subscriber.receive_for(patience).error(), Errc::closed);
    EXPECT_FALSE(subscriber.try_receive());
}

TEST_P(Waiting, a_second_thread_on_a_subscriber_is_answered_invalid) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    std::atomic<int> refused{0};
    const auto receive = [&] {
        for (;;) {
            const auto sample = subscriber.receive_for(10ms);
            if (!sample.ok() && sample.error() == Errc::invalid) ++refused;
            if (!sample.ok() && sample.error() == Errc::closed) return;
        }
    };
    std::thread first{receive}, second{receive};
    EXPECT_TRUE(eventually([&] { return refused > 0; }));
    node_b.stop();
    first.join();
    second.join();
}

TEST_P(Waiting, a_second_thread_on_a_publisher_is_answered_invalid) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place, {.block_max = std::chrono::hours{1}}).value();
    auto subscriber = node_b.subscriber<Bytes>(place, {.queue_messages_max = 1}).value();
    publisher.wait_for(1, patience).value();
    std::atomic<bool> refused{false}, stopped{false};
    const auto publish = [&] {
        const Bytes block = pattern_of(64 * KiB);
        while (!stopped) {
            const Outcome outcome = publisher.publish(block);
            if (outcome.ok()) continue;
            if (outcome.error() == Errc::closed) return;
            EXPECT_EQ(outcome.error(), Errc::invalid) << outcome.error().to_string();
            refused = true;
        }
    };
    std::thread first{publish}, second{publish};
    EXPECT_TRUE(eventually([&] { return refused.load(); }));
    stopped = true;
    node_a.stop();
    first.join();
    second.join();
}

}  // namespace
}  // namespace mycelium::conformance
