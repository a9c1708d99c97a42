// A relay between publishers and consumers, over every pair of transports.
#include <mycelium/relay.h>

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium {
namespace {

using tlv::Trade;

constexpr Duration patience = std::chrono::seconds{30};

struct Swap {
    std::uint64_t id = 0;
};
MYCELIUM_TLV(Swap, 11, id);
struct Signal {
    std::uint64_t id = 0;
};
MYCELIUM_TLV(Signal, 20, id);

std::string url_of(std::string_view scheme, std::string_view what) {
    static int number = 0;
    const std::string name =
        "relay/" + std::to_string(::getpid()) + "/" + std::string{what} + std::to_string(++number);
    if (scheme == "tcp") return "tcp://127.0.0.1:0";
    return std::string{scheme} + (scheme == "unix" ? "://@" : "://") + name;
}

template <class Condition>
bool eventually(Condition condition) {
    const Instant deadline = after(patience);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

/// A relay of market data on a thread of its own.
class Running {
public:
    Running(std::string_view in, std::string_view out, RelayOptions options = {}) {
        options.domain = 1;
        options.in = url_of(in, "in");
        options.out = url_of(out, "out");
        relay_.emplace(Relay::create(node_, options).value());
        thread_ = std::thread{[this] { ran_ = relay_->run(); }};
    }
    ~Running() { end(); }
    void end() {
        relay_->stop();
        if (thread_.joinable()) thread_.join();
        EXPECT_TRUE(ran_.ok());
    }
    Relay& relay() { return *relay_; }
    std::string in() const { return relay_->in().front(); }
    std::string out() const { return relay_->out().front(); }
    /// Until it serves so many: a consumer knows of its link a moment before the relay does.
    void await_consumers(std::size_t count) {
        ASSERT_TRUE(eventually([&] {
            std::size_t linked = 0;
            for (const RelayConsumer& one : relay_->report().consumers) linked += one.link != 0;
            return linked >= count;
        }));
    }
    RelayConsumer consumer(const std::string& name) {
        for (const RelayConsumer& one : relay_->report().consumers)
            if (one.name == name) return one;
        return {};
    }
    RelaySource source(const std::string& name) {
        for (const RelaySource& one : relay_->report().sources)
            if (one.name == name) return one;
        return {};
    }

private:
    Node node_{"relay"};
    std::optional<Relay> relay_;
    Result<void> ran_;
    std::thread thread_;
};

PublisherOptions dialling() {
    PublisherOptions options;
    options.role = Role::connect;
    options.block_max = patience;
    return options;
}

class RelayOver : public testing::TestWithParam<std::tuple<const char*, const char*>> {
protected:
    static std::string_view scheme_in() { return std::get<0>(GetParam()); }
    static std::string_view scheme_out() { return std::get<1>(GetParam()); }
};

TEST_P(RelayOver, carries_many_publishers_to_many_consumers_with_who_sent_what) {
    constexpr int publishers = 3, consumers = 3;
    constexpr std::uint64_t messages =
        300;  // all together less than a queue: one consumer reads after the other
    Running running{scheme_in(), scheme_out(), {.block_max = patience}};
    Node there{"consumer"};
    std::vector<Subscriber<Trade>> all;
    for (int i = 0; i < consumers; ++i)
        all.push_back(there.subscriber<Trade>(running.out()).value());
    for (auto& one : all) one.wait_for(1, patience).value();
    running.await_consumers(consumers);
    std::vector<std::thread> threads;
    for (int p = 1; p <= publishers; ++p)
        threads.emplace_back([&, p] {
            Node node{"publisher" + std::to_string(p)};
            auto trades = node.publisher<Trade>(running.in(), dialling()).value();
            trades.wait_for(1, patience).value();
            for (std::uint64_t i = 1; i <= messages; ++i)
                trades
                    .publish(Trade{.asset_id = static_cast<std::uint64_t>(p),
                                   .price = static_cast<std::int64_t>(i)})
                    .value();
            trades.drain(patience).value();
            EXPECT_EQ(trades.counters().delivered, messages);
        });
    for (auto& one : all) {
        std::vector<std::uint64_t> next(publishers + 1, 1), origin(publishers + 1, 0);
        for (std::uint64_t i = 0; i < publishers * messages; ++i) {
            const auto sample = one.receive_for(patience).value();
            EXPECT_FALSE(sample.missed());
            const std::uint64_t p = sample->asset_id;
            ASSERT_EQ(sample->price, static_cast<std::int64_t>(next[p]++));
            ASSERT_TRUE(sample.origin());
            EXPECT_EQ(sample.origin()->sequence, next[p] - 1);
            EXPECT_NE(sample.origin()->timestamp, 0u);
            if (origin[p] == 0) origin[p] = sample.origin()->id;
            EXPECT_EQ(sample.origin()->id, origin[p]);
        }
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(running.relay().report().forwarded, publishers * messages);
}

TEST_P(RelayOver, a_bad_message_costs_nobody_anything) {
    Running running{scheme_in(), scheme_out()};
    Node there{"consumer"}, bad{"bad"}, good{"good"};
    auto consumer = there.subscriber<Trade>(running.out()).value();
    consumer.wait_for(1, patience).value();
    running.await_consumers(1);
    auto garbage = bad.publisher<Bytes>(running.in(), dialling()).value();
    auto trades = good.publisher<Trade>(running.in(), dialling()).value();
    garbage.wait_for(1, patience).value();
    trades.wait_for(1, patience).value();
    const auto bytes = [](std::initializer_list<int> values) {
        std::vector<std::byte> all;
        for (const int value : values) all.push_back(static_cast<std::byte>(value));
        return Bytes::copy_of(all);
    };
    garbage.publish(bytes({1, 200, 0})).value();                 // reaches past its end
    garbage.publish(bytes({})).value();                          // nothing
    garbage.publish(bytes({1, 1, 7, 255, 1, 1, 0, 0})).value();  // a bad head behind a good one
    garbage.publish(bytes({20, 1, 7})).value();                  // another domain's
    garbage.publish(bytes({90, 1, 7})).value();                  // nobody's
    trades.publish(Trade{.asset_id = 5}).value();
    garbage.drain(patience).value();
    EXPECT_EQ(consumer.receive_for(patience).value()->asset_id, 5u);
    ASSERT_TRUE(eventually([&] { return running.source("bad").misrouted == 2; }));  // the last ones
    EXPECT_EQ(running.source("bad").malformed, 3u);
    EXPECT_EQ(running.source("bad").forwarded, 0u);
    EXPECT_EQ(running.source("good").malformed, 0u);
    EXPECT_EQ(garbage.subscribers(), 1u);
    // Its own books have them, too.
    EXPECT_TRUE(eventually([&] {
        return garbage.counters().dropped[static_cast<std::size_t>(DropReason::malformed)] == 3;
    }));
    EXPECT_TRUE(garbage.counters().is_balanced());
    const RelayReport report = running.relay().report();
    EXPECT_EQ(report.malformed, 3u);
    EXPECT_EQ(report.misrouted, 2u);
    EXPECT_EQ(report.forwarded, 1u);
}

INSTANTIATE_TEST_SUITE_P(Pairs, RelayOver,
                         testing::Combine(testing::Values("inproc", "shm", "unix", "tcp"),
                                          testing::Values("inproc", "shm", "unix", "tcp")),
                         [](const auto& what) {
                             return std::string{std::get<0>(what.param)} + "_to_" +
                                    std::get<1>(what.param);
                         });

class RelayTo : public testing::TestWithParam<const char*> {
protected:
    void open(RelayOptions options = {}) {
        running_.emplace("shm", GetParam(), options);
        trades_.emplace(there_.publisher<Trade>(running_->in(), dialling()).value());
        trades_->wait_for(1, patience).value();
    }
    void publish(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t i = first; i <= last; ++i)
            trades_->publish(Trade{.asset_id = i}).value();
    }
    bool has_forwarded(std::uint64_t count) {
        return eventually([&] { return running_->relay().report().forwarded >= count; });
    }
    Result<void> manage(const std::string& verb, const std::string& consumer = {}) {
        return running_->relay().manage({verb, consumer});
    }

    Node there_{"there"}, here_{"here"}, elsewhere_{"elsewhere"};
    std::optional<Running> running_;
    std::optional<Publisher<Trade>> trades_;
};

TEST_P(RelayTo, consumers_get_the_types_that_they_asked_for) {
    open({.block_max = patience});
    auto swaps_out = there_.publisher<Swap>(running_->in(), dialling()).value();
    swaps_out.wait_for(1, patience).value();
    auto swaps = here_.subscriber<Swap>(running_->out()).value();
    auto both = elsewhere_.subscriber<Bytes>(running_->out()).value();
    swaps.wait_for(1, patience).value();
    both.wait_for(1, patience).value();
    running_->await_consumers(2);
    for (std::uint64_t i = 1; i <= 50; ++i) {
        publish(i, i);
        swaps_out.publish(Swap{i}).value();
    }
    for (std::uint64_t i = 1; i <= 50; ++i) {
        const auto sample = swaps.receive_for(patience).value();
        EXPECT_EQ(sample->id, i);
        EXPECT_FALSE(sample.missed());
        EXPECT_EQ(sample.origin()->sequence, i);
    }
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(both.receive_for(patience).value().missed());
    EXPECT_EQ(running_->consumer("here").types, std::vector<std::uint8_t>{11});
    EXPECT_TRUE(running_->consumer("elsewhere").types.empty());
}

TEST_P(RelayTo, a_slow_consumer_never_delays_another) {
    open();
    auto slow = here_.subscriber<Trade>(running_->out(), {.queue_messages_max = 16}).value();
    auto quick = elsewhere_.subscriber<Trade>(running_->out()).value();
    slow.wait_for(1, patience).value();
    quick.wait_for(1, patience).value();
    running_->await_consumers(2);
    constexpr std::uint64_t last = 20'000;
    std::thread publishing{[&] {
        for (std::uint64_t i = 1; i <= last; i += 100) {
            publish(i, i + 99);
            ASSERT_TRUE(has_forwarded(i + 99));
        }
    }};
    for (std::uint64_t number = 0; number < last;)
        number = quick.receive_for(patience).value()->asset_id;
    publishing.join();
    // The slow one has read nothing until now, and is told what that cost it.
    std::uint64_t received = 0, missed = 0;
    for (std::uint64_t number = 0; number < last; ++received) {
        const auto sample = slow.receive_for(patience).value();
        missed += sample.missed().count();
        number = sample->asset_id;
    }
    EXPECT_EQ(received + missed, last);
    // (A tcp socket alone holds all of these.)
    EXPECT_TRUE(missed != 0 || std::string_view{GetParam()} == "tcp");
}

TEST_P(RelayTo, a_consumer_is_paused_and_resumed) {
    open({.block_max = patience});
    auto trades = here_.subscriber<Trade>(running_->out()).value();
    trades.wait_for(1, patience).value();
    running_->await_consumers(1);
    publish(1, 1);
    EXPECT_EQ(trades.receive_for(patience).value()->asset_id, 1u);
    ASSERT_TRUE(manage("pause", "here").ok());
    EXPECT_EQ(running_->consumer("here").state, "paused");
    publish(2, 11);
    ASSERT_TRUE(has_forwarded(11));
    ASSERT_TRUE(manage("resume", "here").ok());
    EXPECT_EQ(running_->consumer("here").state, "active");
    publish(12, 12);
    std::uint64_t last = 1, received = 1, missed = 0;
    while (last < 12) {
        const auto sample = trades.receive_for(patience).value();
        missed += sample.missed().of(DropReason::paused);
        ++received;
        last = sample->asset_id;
    }
    EXPECT_EQ(received + missed, 12u);
    EXPECT_GT(missed, 0u);
}

TEST_P(RelayTo, an_evicted_consumer_comes_back_only_when_it_is_resumed) {
    open();
    auto trades = here_.subscriber<Trade>(running_->out()).value();
    auto other = elsewhere_.subscriber<Trade>(running_->out()).value();
    trades.wait_for(1, patience).value();
    other.wait_for(1, patience).value();
    running_->await_consumers(2);
    ASSERT_TRUE(manage("evict", "here").ok());
    ASSERT_TRUE(eventually([&] {
        (void)trades.try_receive();
        const auto event = trades.try_event();
        return event && event->kind == Event::Kind::refused && event->code == Errc::denied;
    }));
    EXPECT_EQ(running_->consumer("here").state, "evicted");
    EXPECT_EQ(running_->consumer("here").link, 0u);
    publish(1, 1);
    EXPECT_EQ(other.receive_for(patience).value()->asset_id, 1u);
    ASSERT_TRUE(manage("resume", "here").ok());
    trades.wait_for(1, patience).value();
    ASSERT_TRUE(eventually([&] { return running_->consumer("here").state == "active"; }));
    publish(2, 2);
    EXPECT_EQ(trades.receive_for(patience).value()->asset_id, 2u);
}

TEST_P(RelayTo, a_drained_consumer_has_all_that_was_sent_before) {
    open({.block_max = patience});
    auto trades = here_.subscriber<Trade>(running_->out()).value();
    trades.wait_for(1, patience).value();
    running_->await_consumers(1);
    publish(1, 500);
    ASSERT_TRUE(has_forwarded(500));
    std::uint64_t received = 0;
    std::thread reading{[&] {
        while (received < 500)
            if (auto sample = trades.receive_for(patience))
                ++received;
            else
                break;
        (void)trades.receive_for(std::chrono::milliseconds{100});  // acknowledges
    }};
    EXPECT_TRUE(manage("drain", "here").ok());
    reading.join();
    EXPECT_EQ(received, 500u);
    EXPECT_EQ(running_->consumer("here").state, "drained");
}

TEST_P(RelayTo, nobody_is_meant_by_a_name_that_is_not_there) {
    open();
    auto trades = here_.subscriber<Trade>(running_->out()).value();
    trades.wait_for(1, patience).value();
    running_->await_consumers(1);
    const auto failed = manage("evict", "hier");
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error(), Errc::unavailable);
    EXPECT_NE(failed.error().message().find("here@"), std::string::npos);
    EXPECT_EQ(manage("evict").error(), Errc::invalid);
    EXPECT_EQ(manage("explode", "here").error(), Errc::invalid);
}

TEST_P(RelayTo, a_paused_relay_holds_its_publishers_up_and_loses_nothing) {
    open({.block_max = patience, .queue_messages_max = 8});
    auto trades = here_.subscriber<Trade>(running_->out()).value();
    trades.wait_for(1, patience).value();
    running_->await_consumers(1);
    ASSERT_TRUE(manage("pause").ok());
    EXPECT_EQ(running_->relay().report().state, "paused");
    std::thread publishing{[&] { publish(1, 100); }};
    // Its queue is full, and nothing has gone on.
    EXPECT_TRUE(eventually([&] { return trades_->counters().in_flight() >= 8; }));
    EXPECT_EQ(running_->relay().report().forwarded, 0u);
    ASSERT_TRUE(manage("resume").ok());
    for (std::uint64_t i = 1; i <= 100; ++i)
        EXPECT_EQ(trades.receive_for(patience).value()->asset_id, i);
    publishing.join();
}

TEST_P(RelayTo, a_drained_relay_hands_over_what_it_has_and_ends) {
    open({.block_max = patience});
    auto trades = here_.subscriber<Trade>(running_->out()).value();
    trades.wait_for(1, patience).value();
    running_->await_consumers(1);
    publish(1, 300);
    ASSERT_TRUE(has_forwarded(300));
    std::uint64_t received = 0;
    std::thread reading{[&] {
        while (received < 300 && trades.receive_for(patience)) ++received;
        (void)trades.receive_for(std::chrono::milliseconds{100});
    }};
    EXPECT_TRUE(manage("drain").ok());
    reading.join();
    EXPECT_EQ(received, 300u);
}

INSTANTIATE_TEST_SUITE_P(Over, RelayTo, testing::Values("inproc", "shm", "unix", "tcp"),
                         [](const auto& what) { return std::string{what.param}; });

TEST(Relay, what_was_lost_on_the_way_to_it_is_told_at_the_end) {
    Running running{"unix", "unix"};
    Node there{"there"}, here{"here"};
    // With room for all that may wait before the relay: it loses nothing itself.
    auto consumer = here.subscriber<Trade>(running.out(), {.queue_messages_max = 65'536}).value();
    consumer.wait_for(1, patience).value();
    running.await_consumers(1);
    auto trades =
        there.publisher<Trade>(running.in(), {.role = Role::connect, .block_max = {}}).value();
    trades.wait_for(1, patience).value();
    trades.publish(Trade{.asset_id = 1}).value();
    EXPECT_EQ(consumer.receive_for(patience).value()->asset_id, 1u);
    ASSERT_TRUE(running.relay().manage({"pause", {}}).ok());
    std::uint64_t last = 1;
    while (trades.counters().dropped_total() == 0)
        trades.publish(Trade{.asset_id = ++last}).value();
    ASSERT_TRUE(running.relay().manage({"resume", {}}).ok());
    std::uint64_t received = 1, missed = 0;
    for (std::uint64_t seen = 1; seen < last;) {
        const auto sample = consumer.receive_for(patience);
        if (!sample) {
            trades.publish(Trade{.asset_id = ++last}).value();
            continue;
        }
        ++received;
        missed += sample->missed().count();
        EXPECT_EQ(sample->missed().count(), sample->missed().of(DropReason::upstream));
        seen = (*sample)->asset_id;
    }
    EXPECT_EQ(received + missed, last);
    EXPECT_GT(missed, 0u);
    std::uint64_t told = 0;
    for (const std::uint64_t count : running.source("there").missed) told += count;
    EXPECT_EQ(told, missed);
}

TEST(Relay, a_publisher_that_comes_and_goes_is_refused_until_it_has_rested) {
    Running running{"unix", "unix", {.flaps_max = 3, .flap_rest = std::chrono::hours{1}}};
    for (int i = 0; i < 3; ++i) {
        Node node{"flapper"};
        auto trades = node.publisher<Trade>(running.in(), dialling()).value();
        trades.wait_for(1, patience).value();
    }
    ASSERT_TRUE(eventually([&] { return running.source("flapper").breaker == "open"; }));
    Node node{"flapper"}, other{"other"};
    auto refused = node.publisher<Trade>(running.in(), dialling()).value();
    ASSERT_TRUE(eventually([&] {
        const auto event = refused.try_event();
        return event && event->reason.find("circuit breaker") != std::string::npos;
    }));
    EXPECT_EQ(refused.subscribers(), 0u);
    auto welcome = other.publisher<Trade>(running.in(), dialling()).value();
    welcome.wait_for(1, patience).value();
}

TEST(Relay, a_publisher_of_another_kind_of_message_is_refused) {
    Running running{"unix", "unix"};
    Node node{"fields"};
    auto wrong = node.publisher<RelayCommand>(running.in(), dialling()).value();
    ASSERT_TRUE(eventually([&] {
        const auto event = wrong.try_event();
        return event && event->code == Errc::mismatch;
    }));
}

TEST(Relay, impossible_options_are_refused) {
    Node node{"relay"};
    RelayOptions options;
    options.in = "shm://relay-test/in";
    options.out = "shm://relay-test/out";
    EXPECT_EQ(Relay::create(node, options).error(), Errc::invalid);
    options.domain = 1;
    options.out.clear();
    EXPECT_EQ(Relay::create(node, options).error(), Errc::invalid);
}

TEST(Relay, is_asked_and_managed_at_its_control_url) {
    Running running{"shm", "shm"};
    ASSERT_EQ(running.relay().control(), std::vector<std::string>{running.out()});
    Node node{"operator"};
    auto ask = node.requester<RelayCommand, RelayReport>(running.out()).value();
    ask.wait_for(1, patience).value();
    const auto report = ask.call({"list", {}}, patience).value();
    EXPECT_EQ(report->state, "running");
    EXPECT_EQ(report->in, running.relay().in());
    EXPECT_FALSE(ask.call({"evict", "nobody"}, patience).ok());
    ASSERT_TRUE(ask.call({"pause", {}}, patience).ok());
    EXPECT_EQ(running.relay().report().state, "paused");
}

}  // namespace
}  // namespace mycelium
