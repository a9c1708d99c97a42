// A relay that is killed, stopped and started anew under load: who publishes and who consumes goes
// on, nothing comes twice or out of order, and the books balance.
#include <signal.h>

#include <atomic>
#include <map>
#include <thread>

#include "attacked.h"
#include "relay_parts.h"

namespace mycelium::attack {
namespace {

using tlv::Trade;

/// One publisher and its thread: numbers its messages from 1, as its port does.
class Publishing {
public:
    Publishing(const std::string& url, std::uint64_t id) : id_(id) {
        PublisherOptions options;
        options.role = Role::connect;
        options.block_max = 100ms;
        trades_.emplace(node_.publisher<Trade>(url, options).value());
        thread_ = std::thread{[this] { publish(); }};
    }
    ~Publishing() { end(); }
    void end() {
        is_ending_ = true;
        if (thread_.joinable()) thread_.join();
    }
    std::uint64_t in_flight() { return trades_->counters().in_flight(); }
    std::uint64_t published() const { return number_; }
    /// Its link to the relay, from its first message to its last.
    void expect_balanced_books() {
        EXPECT_TRUE(trades_->drain(patience).ok());
        const Counters counters = trades_->counters();
        EXPECT_TRUE(counters.is_balanced());
        EXPECT_EQ(counters.in_flight(), 0u);
        EXPECT_EQ(counters.published, number_);
        EXPECT_EQ(counters.sent + counters.no_subscriber, number_);
    }

private:
    void publish() {
        while (!is_ending_) {
            // With nobody there it goes on now and then: numbers that no run of the relay has seen.
            if (trades_->subscribers() == 0) (void)trades_->wait_for(1, 5ms);
            for (int i = 0; i < 8; ++i)
                trades_
                    ->publish(Trade{.asset_id = id_, .price = static_cast<std::int64_t>(++number_)})
                    .value();
            std::this_thread::yield();
        }
    }

    const std::uint64_t id_;
    Node node_{quiet("publisher" + std::to_string(id_))};
    std::optional<Publisher<Trade>> trades_;
    std::atomic<bool> is_ending_{false};
    std::atomic<std::uint64_t> number_{0};
    std::thread thread_;
};

/// One consumer and its thread.
class Consuming {
public:
    Consuming(const std::string& url, std::size_t publishers)
        : received_(publishers + 1),
          trades_(node_.subscriber<Trade>(url).value()),
          thread_([this] { consume(); }) {}
    ~Consuming() { end(); }
    void end() {
        is_ending_ = true;
        if (thread_.joinable()) thread_.join();
    }
    /// Of the publisher that has brought the fewest.
    std::uint64_t fewest() const {
        std::uint64_t fewest = received_[1];
        for (std::size_t i = 2; i < received_.size(); ++i)
            fewest = std::min<std::uint64_t>(fewest, received_[i]);
        return fewest;
    }
    Counters counters() const { return trades_.counters(); }

private:
    struct Last {
        std::uint64_t number = 0;
        std::uint64_t origin = 0;
    };
    void consume() {
        std::map<std::uint64_t, Last> last;
        while (!is_ending_) {
            const auto sample = trades_.receive_for(5ms);
            if (!sample) continue;
            const Trade& trade = **sample;
            const auto number = static_cast<std::uint64_t>(trade.price);
            const auto origin = sample->origin();
            Last& its = last[trade.asset_id];
            const bool is_known = origin && trade.asset_id < received_.size() &&
                                  origin->sequence == number &&
                                  (its.origin == 0 || its.origin == origin->id);
            if (!is_known || number <= its.number) {
                ADD_FAILURE() << "of " << trade.asset_id << " number " << number << " after "
                              << its.number << (is_known ? "" : ", of another origin");
                return;
            }
            its = {number, origin->id};
            received_[trade.asset_id] += 1;
        }
    }

    std::vector<std::atomic<std::uint64_t>> received_;
    Node node_{quiet("consumer")};
    Subscriber<Trade> trades_;
    std::atomic<bool> is_ending_{false};
    std::thread thread_;
};

/// So many of both at one relay.
class Crowd {
public:
    Crowd(const std::string& scheme, std::size_t publishers, std::size_t consumers)
        : relay_(new_url(scheme), new_url(scheme)) {
        for (std::size_t i = 0; i < consumers; ++i)
            consumers_.push_back(std::make_unique<Consuming>(relay_.out(), publishers));
        for (std::size_t i = 1; i <= publishers; ++i)
            publishers_.push_back(std::make_unique<Publishing>(relay_.in(), i));
    }
    RelayProcess& relay() { return relay_; }
    /// Every consumer receives more of every publisher.
    void expect_flow() {
        std::vector<std::uint64_t> before;
        for (const auto& one : consumers_) before.push_back(one->fewest());
        EXPECT_TRUE(eventually([&] {
            for (std::size_t i = 0; i < before.size(); ++i)
                if (consumers_[i]->fewest() < before[i] + 20) return false;
            return true;
        })) << "somebody receives nothing";
    }
    void expect_held_up() {
        EXPECT_TRUE(eventually([&] { return publishers_.front()->in_flight() != 0; }));
    }
    /// Publishers end; consumers take what there is of them.
    void expect_balanced_books() {
        for (auto& one : publishers_) one->end();
        for (auto& one : publishers_) one->expect_balanced_books();
        RelayCounts counts;
        // After a kill a consumer may have read what came before, and be on its way back.
        EXPECT_TRUE(eventually([&] {
            counts = relay_.counts();
            return counts.lag == 0 && counts.consumers == consumers_.size();
        })) << counts.lag
            << " messages never arrive, or consumers do not come back: " << counts.consumers;
        EXPECT_TRUE(counts.is_balanced());
        EXPECT_EQ(counts.malformed + counts.misrouted, 0u);
        for (auto& one : consumers_) {
            one->end();
            EXPECT_TRUE(one->counters().is_balanced());
        }
    }

private:
    RelayProcess relay_;
    std::vector<std::unique_ptr<Consuming>> consumers_;
    std::vector<std::unique_ptr<Publishing>> publishers_;
};

std::vector<std::pair<std::size_t, std::size_t>> crowds() {
    if (is_long()) return {{1, 1}, {8, 8}, {64, 64}};
    return {{1, 8}, {8, 1}};
}

MYCELIUM_ATTACK_SUITE_EVERYWHERE(RelayKilled);

TEST_P(RelayKilled, everybody_goes_on_with_the_next_one) {
    for (const auto& [publishers, consumers] : crowds()) {
        Crowd crowd{GetParam(), publishers, consumers};
        crowd.expect_flow();
        for (int round = 0; round < 3; ++round) {
            crowd.relay().kill();
            crowd.relay().start();
            crowd.expect_flow();
        }
        crowd.expect_balanced_books();
    }
}

TEST_P(RelayKilled, one_that_is_stopped_and_continued_has_lost_nothing_uncounted) {
    for (const auto& [publishers, consumers] : crowds()) {
        Crowd crowd{GetParam(), publishers, consumers};
        crowd.expect_flow();
        for (int round = 0; round < 3; ++round) {
            crowd.relay().signal(SIGSTOP);
            crowd.expect_held_up();
            crowd.relay().signal(SIGCONT);
            crowd.expect_flow();
        }
        crowd.relay().signal(SIGSTOP);
        crowd.expect_held_up();
        crowd.relay().kill();
        crowd.relay().start();
        crowd.expect_flow();
        crowd.expect_balanced_books();
    }
}

TEST_P(RelayKilled, a_consumer_that_hardly_reads_is_told_what_it_missed_and_delays_nobody) {
    RelayProcess relay{new_url(GetParam()), new_url(GetParam())};
    Node there{quiet("there")}, here{quiet("here")}, elsewhere{quiet("elsewhere")};
    PublisherOptions dialling;
    dialling.role = Role::connect;
    dialling.block_max = patience;
    auto trades = there.publisher<Trade>(relay.in(), dialling).value();
    auto slow = here.subscriber<Trade>(relay.out(), {.queue_messages_max = 16}).value();
    auto quick = elsewhere.subscriber<Trade>(relay.out()).value();
    trades.wait_for(1, patience).value();
    slow.wait_for(1, patience).value();
    quick.wait_for(1, patience).value();
    std::uint64_t seen = 0, missed = 0, last = 0;
    const auto read_slowly = [&] {
        const auto sample = slow.receive_for(patience);
        if (!sample) return false;
        ++seen;
        missed += sample->missed().count();
        last = (*sample)->asset_id;
        return true;
    };
    constexpr std::uint64_t count = 30'000, step = 500;
    for (std::uint64_t number = 1; number <= count; ++number) {
        trades.publish(Trade{.asset_id = number}).value();
        if (number % step != 0) continue;
        while (true) {
            const auto sample = quick.receive_for(patience).value();
            ASSERT_FALSE(sample.missed()) << "the quick one was disturbed";
            if (sample->asset_id == number) break;
        }
        if (number % (10 * step) == 0) {
            ASSERT_TRUE(read_slowly());
        }
    }
    while (last < count) ASSERT_TRUE(read_slowly());
    EXPECT_EQ(seen + missed, count);
    EXPECT_TRUE(missed != 0 || std::string{GetParam()} == "tcp");
    RelayCounts counts;
    EXPECT_TRUE(eventually([&] {
        (void)slow.try_receive();
        (void)quick.try_receive();
        return (counts = relay.counts()).lag == 0;
    }));
    EXPECT_TRUE(counts.is_balanced());
    EXPECT_EQ(counts.dropped, missed);
    EXPECT_EQ(counts.sent, 2 * count);
}

}  // namespace
}  // namespace mycelium::attack
