// Scarcity of shared memory: limits of the process are an outcome to that caller, and what a
// leaving end holds stays whole and comes back.
#include <iostream>
#include <random>
#include <thread>

#include "attacked.h"
#include "host/os/memory_room.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

struct Ends {
    explicit Ends(SubscriberOptions options = {}, PublisherOptions publishing = {})
        : publisher(home.publisher<Bytes>(url, publishing).value()),
          subscriber(away.subscriber<Bytes>(url, options).value()) {
        publisher.wait_for(1, patience).value();
        subscriber.wait_for(1, patience).value();
    }
    void publish(std::uint64_t number, std::size_t size) {
        auto loan = publisher.loan(size).value();
        stamp(loan.span(), number);
        publisher.publish(std::move(loan)).value();
    }
    Sample<Bytes> receive(std::uint64_t number) {
        auto sample = subscriber.receive_for(patience).value();
        EXPECT_EQ(stamped_number(sample->span()), number);
        return sample;
    }

    std::string url = new_url("shm");
    Node home{quiet("home")}, away{quiet("away")};
    Publisher<Bytes> publisher;
    Subscriber<Bytes> subscriber;
};

TEST(ShmScarcity, a_limit_on_files_refuses_a_large_loan_and_raises_no_signal) {
    Ends ends;
    {
        const LimitLowered lowered{RLIMIT_FSIZE, 1 * MiB};
        const auto loan = ends.publisher.loan(10 * MiB);
        ASSERT_FALSE(loan.ok());
        EXPECT_EQ(loan.error(), Errc::overloaded) << loan.error().to_string();
        const Outcome large = ends.publisher.publish(stamped(1, 10 * MiB));
        ASSERT_FALSE(large.ok());
        EXPECT_EQ(large.error(), Errc::overloaded) << large.error().to_string();
        ends.publisher.publish(stamped(2, 100)).value();
        (void)ends.receive(2);
    }
    ends.publish(3, 10 * MiB);
    (void)ends.receive(3);
}

TEST(ShmScarcity, who_dials_a_publisher_that_may_have_no_log_is_let_in_when_it_may) {
    const std::string url = new_url("shm");
    Node home{quiet("home")}, away{quiet("away")};
    auto publisher = home.publisher<Bytes>(url).value();
    std::optional<Subscriber<Bytes>> subscriber;
    {
        const LimitLowered lowered{RLIMIT_FSIZE, 64 * KiB};
        subscriber = away.subscriber<Bytes>(url).value();
        EXPECT_TRUE(next_event(publisher, Event::Kind::disconnected) ||
                    next_event(publisher, Event::Kind::refused, 1ms));
        EXPECT_TRUE(publisher.publish(stamped(1, 100)).ok());
    }
    EXPECT_TRUE(eventually([&] {
        publisher.publish(stamped(2, 100)).value();
        auto sample = subscriber->try_receive();
        return sample && stamped_number((*sample)->span()) == 2;
    }));
}

TEST(ShmScarcity, a_thousand_subscribers_come_and_go_and_leave_nothing) {
    Ends ends;
    std::vector<Sample<Bytes>> kept;
    std::uint64_t number = 0;
    const auto come_and_go = [&] {
        EXPECT_TRUE(eventually([&] { return ends.publisher.subscribers() == 1; }));
        Node passing{quiet("passing")};
        auto subscriber = passing.subscriber<Bytes>(ends.url).value();
        ends.publisher.wait_for(2, patience).value();
        ends.publish(++number, 3000);
        (void)ends.receive(number);
        kept.push_back(subscriber.receive_for(patience).value());
        if (kept.size() <= 16) return;
        EXPECT_EQ(stamped_number(kept[3]->span()), number - 13);
        kept.erase(kept.begin() + 3);
    };
    for (int i = 0; i < 20; ++i) come_and_go();
    kept.clear();
    number = 0;
    const std::size_t descriptors = open_descriptors(), maps = shared_maps();
    const std::size_t memory = resident_bytes();
    for (int i = 0; i < 1000 && !testing::Test::HasFailure(); ++i) {
        const std::uint64_t before = number;
        come_and_go();
        if (number - before == 1 && kept.size() == 16) {
            kept.clear();  // so that the numbers of what is kept stay in a row
            number = 0;
        }
    }
    kept.clear();
    ends.publish(1, 3000);
    (void)ends.receive(1);
    EXPECT_TRUE(eventually([&] {
        return ends.publisher.subscribers() == 1 && open_descriptors() <= descriptors + 1 &&
               shared_maps() <= maps;
    })) << shared_maps()
        << " maps, " << maps << " before, " << descriptors << " descriptors before:\n"
        << descriptors_text();
    if (!is_sanitized()) {
        EXPECT_LT(resident_bytes(), memory + 32 * MiB);
    }
}

/// Lets go of samples on threads of its own, in any order, looking at each again.
class Droppers {
public:
    explicit Droppers(std::size_t kept_max) : kept_max_(kept_max) {
        for (unsigned i = 0; i < 3; ++i) threads_.emplace_back([this, i] { run(i); });
    }
    ~Droppers() { end(); }
    void give(Sample<Bytes> sample) {
        const std::lock_guard guard{mutex_};
        kept_.push_back(std::move(sample));
        most_ = std::max(most_, kept_.size());
    }
    void end() {
        is_over_.store(true);
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }
    std::size_t torn() const { return torn_.load(); }
    std::size_t most() const { return most_; }
    std::size_t kept() {
        const std::lock_guard guard{mutex_};
        return kept_.size();
    }

private:
    void run(unsigned number) {
        std::mt19937 random{number};
        for (;;) {
            std::optional<Sample<Bytes>> sample;
            {
                const std::lock_guard guard{mutex_};
                if (kept_.empty() && is_over_.load()) return;
                if (kept_.size() >= kept_max_ || (is_over_.load() && !kept_.empty())) {
                    const auto at =
                        kept_.begin() + static_cast<std::ptrdiff_t>(random() % kept_.size());
                    sample = std::move(*at);
                    kept_.erase(at);
                }
            }
            if (!sample)
                std::this_thread::yield();
            else if (!stamped_number((*sample)->span()))
                torn_.fetch_add(1);
        }
    }
    const std::size_t kept_max_;
    std::mutex mutex_;
    std::vector<Sample<Bytes>> kept_;
    std::size_t most_ = 0;
    std::atomic<std::size_t> torn_{0};
    std::atomic<bool> is_over_{false};
    std::vector<std::thread> threads_;
};

TEST(ShmScarcity, samples_held_by_other_threads_and_dropped_out_of_order_stay_whole) {
    Ends ends;
    Node third{quiet("third")};
    auto other = third.subscriber<Bytes>(ends.url).value();
    ends.publisher.wait_for(2, patience).value();
    Droppers first{64}, second{64};
    for (std::uint64_t number = 1; number <= 3000; ++number) {
        ends.publish(number, 1500 + number % 5 * 2000);
        first.give(ends.receive(number));
        auto sample = other.receive_for(patience).value();
        EXPECT_EQ(stamped_number(sample->span()), number);
        second.give(std::move(sample));
        while (first.kept() > 200 || second.kept() > 200) std::this_thread::yield();
    }
    first.end();
    second.end();
    EXPECT_EQ(first.torn() + second.torn(), 0u);
    EXPECT_GE(first.most(), 64u);
    expect_balanced(ends.publisher);
}

TEST(ShmScarcity, a_loan_of_a_gibibyte_passes) {
    if (is_sanitized()) GTEST_SKIP() << "a sanitizer needs the memory for itself";
    static_assert(limits::loan_bytes_max == 1 * GiB);
    if (os::memory_room() < 2 * GiB) GTEST_SKIP() << "less than 2 GiB of memory are free";
    PublisherOptions publishing;
    SubscriberOptions options;
    publishing.message_bytes_max = options.message_bytes_max = 1 * GiB;
    options.queue_bytes_max = 1 * GiB;
    Ends ends{options, publishing};
    auto loan = ends.publisher.loan(1 * GiB).value();
    for (std::size_t at = 0; at < GiB; at += 16 * MiB) stamp(loan.span().subspan(at, 4096), at);
    stamp(loan.span().last(4096), 7);
    ends.publisher.publish(std::move(loan)).value();
    {
        const auto sample = ends.subscriber.receive_for(patience).value();
        ASSERT_EQ(sample->size(), 1 * GiB);
        for (std::size_t at = 0; at < GiB; at += 16 * MiB)
            EXPECT_EQ(stamped_number(sample->span().subspan(at, 4096)), at);
        EXPECT_EQ(stamped_number(sample->span().last(4096)), 7u);
        const auto more = ends.publisher.loan(16 * MiB);
        ASSERT_FALSE(more.ok()) << "over loan_bytes_max";
        EXPECT_EQ(more.error(), Errc::overloaded);
    }
    (void)ends.subscriber.try_receive();  // a port keeps its last message until the next
    EXPECT_TRUE(ends.publisher.loan(16 * MiB).ok());
}

TEST(ShmScarcity, payloads_around_inline_bytes_max_pass_whole) {
    Ends ends;
    std::uint64_t number = 0;
    for (std::size_t size = limits::inline_bytes_max - 40; size < limits::inline_bytes_max + 40;
         ++size) {
        ends.publisher.publish(stamped(++number, size)).value();
        EXPECT_EQ(ends.receive(number)->size(), size);
    }
}

TEST(ShmScarcity, a_batch_that_half_of_log_bytes_cannot_take_is_refused_whole) {
    Ends ends{{.queue_messages_max = 20'000}};
    const std::vector<Bytes> batch(limits::log_bytes / 2 / 1000, stamped(1, 1000));
    const Outcome refused = ends.publisher.publish(batch);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error(), Errc::invalid) << refused.error().to_string();
    const auto fitting = std::span{batch}.first(batch.size() * 9 / 10);
    for (int round = 0; round < 3; ++round) {
        ends.publisher.publish(fitting).value();
        for (std::size_t i = 0; i < fitting.size(); ++i) (void)ends.receive(1);
    }
    expect_balanced(ends.publisher);
}

TEST(ShmScarcity, more_calls_than_call_log_bytes_holds_wait_and_are_answered) {
    const std::string url = new_url("shm");
    Node home{quiet("home")}, away{quiet("away")};
    auto replier = home.replier<Bytes, Bytes>(url).value();
    auto requester = away.requester<Bytes, Bytes>(url).value();
    requester.wait_for(1, patience).value();
    std::vector<PendingCall<Bytes>> pending;
    constexpr std::size_t count = 4 * limits::call_log_bytes / 1000;
    for (std::uint64_t number = 0; number < count; ++number)
        pending.push_back(requester.begin_call(stamped(number, 1000), patience).value());
    for (std::size_t served = 0; served < count; ++served) {
        auto request = replier.receive_for(patience).value();
        (void)request.answer(request.question());
    }
    for (std::uint64_t number = 0; number < count; ++number)
        EXPECT_EQ(stamped_number((*pending[number].wait().value()).span()), number);
}

TEST(ShmScarcity, samples_outlive_their_publisher) {
    std::vector<Sample<Bytes>> kept;
    const std::size_t maps = shared_maps();
    {
        Ends ends;
        for (std::uint64_t number = 1; number <= 20; ++number) {
            ends.publish(number, 5000);
            kept.push_back(ends.receive(number));
        }
    }
    for (std::uint64_t number = 20; number >= 1; --number) {
        EXPECT_EQ(stamped_number(kept.back()->span()), number);
        kept.pop_back();
    }
    EXPECT_TRUE(eventually([&] { return shared_maps() <= maps; }));
}

TEST(ShmScarcity, samples_outlive_a_publisher_that_was_killed) {
    const std::string url = new_url("shm");
    Node away{quiet("away")};
    auto subscriber = away.subscriber<Bytes>(url).value();
    Peer owner{Deployment::processes,
               {"publish", "shm", {{"url", url}, {"type", "bytes"}, {"size", "5000"}}}};
    owner.say("go 20");
    std::vector<Sample<Bytes>> kept;
    while (kept.size() < 20) kept.push_back(subscriber.receive_for(patience).value());
    owner.kill();
    EXPECT_TRUE(eventually([&] {
        (void)subscriber.try_receive();
        return subscriber.publishers() == 0;
    }));
    for (const auto& sample : kept) EXPECT_EQ(*sample, pattern_of(5000));
}

TEST(ShmScarcity, what_a_subscriber_holds_when_it_leaves_stays_whole_and_comes_back) {
    Ends ends;
    std::vector<Sample<Bytes>> kept;
    {
        Node leaving{quiet("leaving")};
        auto subscriber = leaving.subscriber<Bytes>(ends.url).value();
        ends.publisher.wait_for(2, patience).value();
        for (std::uint64_t number = 1; number <= 20; ++number) {
            ends.publish(number, 1 * MiB);
            (void)ends.receive(number);
            kept.push_back(subscriber.receive_for(patience).value());
        }
    }
    EXPECT_TRUE(eventually([&] { return ends.publisher.subscribers() == 1; }));
    for (std::uint64_t number = 21; number <= 200; ++number) {
        ends.publish(number, 1 * MiB);
        (void)ends.receive(number);
    }
    for (std::uint64_t number = 20; number >= 1; --number) {
        EXPECT_EQ(stamped_number(kept.back()->span()), number) << "written over while it was held";
        kept.pop_back();
    }
    (void)ends.subscriber.try_receive();  // a port keeps its last message until the next
    // All of the pool is there again.
    std::vector<Loan<Bytes>> loans;
    for (int i = 0; i < 64; ++i) {
        auto loan = ends.publisher.loan(16 * MiB);
        ASSERT_TRUE(loan.ok()) << i << ": " << loan.error().to_string();
        loans.push_back(*std::move(loan));
    }
}

TEST(ShmScarcity, loans_held_max_bounds_what_one_reader_holds_and_the_other_is_served) {
    Ends ends;
    SubscriberOptions hoarding;
    hoarding.slow = SlowReader::drop_oldest;
    hoarding.queue_messages_max = 10'000;
    Node third{quiet("third")};
    auto hoarder = third.subscriber<Bytes>(ends.url, hoarding).value();
    ends.publisher.wait_for(2, patience).value();
    std::vector<Sample<Bytes>> hoard;
    for (std::uint64_t number = 1; number <= limits::loans_held_max + 500; ++number) {
        ends.publish(number, 1500);
        (void)ends.receive(number);
        while (auto sample = hoarder.try_receive()) hoard.push_back(*std::move(sample));
    }
    EXPECT_LE(hoard.size(), limits::loans_held_max);
    for (const auto& sample : hoard) EXPECT_TRUE(stamped_number(sample->span()));
    hoard.clear();
    EXPECT_TRUE(eventually([&] {
        ends.publish(7, 1500);
        (void)ends.receive(7);
        auto sample = hoarder.try_receive();
        return sample && stamped_number((*sample)->span()) == 7 && sample->missed().count() > 0;
    }));
}

}  // namespace
}  // namespace mycelium::attack
