// Killed at any time: processes that die, or stop for a while, at random moments while they use
// shared memory. Rounds are cheap, so that there can be thousands.
#include <cmath>
#include <iostream>
#include <random>

#include "attacked.h"
#include "survivors.h"

namespace mycelium::attack {
namespace {

constexpr unsigned seed = 20240621;
constexpr int rounds_in_the_suite = 50, rounds_when_long = 10'000, rounds_sanitized = 2'000;
constexpr const char* roles[] = {"publisher", "subscriber", "requester", "replier"};
/// How long a victim may live: most are then still at work.
constexpr unsigned life_max_us = 16'000, life_max_sanitized_us = 40'000;
constexpr Duration stop_min = 1ms, stop_max = 5s;

/// Each role has its share.
int rounds() {
    const int all = !is_long()       ? rounds_in_the_suite
                    : is_sanitized() ? rounds_sanitized
                                     : rounds_when_long;
    const int count = static_cast<int>(std::size(roles));
    return (all + count - 1) / count;
}

/// Mostly a few milliseconds; every twentieth from the whole range, in the suite up to 50 ms.
Duration stop_time(std::mt19937_64& random) {
    const double most = static_cast<double>(stop_max / stop_min) / (is_long() ? 1 : 100);
    const double part = std::uniform_real_distribution{}(random);
    const double ms = random() % 20 == 0 ? std::pow(most, part) : 1 / (1 - part * (1 - 1 / most));
    return std::chrono::duration_cast<Duration>(ms * stop_min);
}

class Rounds {
public:
    explicit Rounds(std::string role) : role_(std::move(role)), survivor_(survivor_of(role_)) {
        // What a survivor needs for its first peers it keeps.
        for (int i = 0; i < 3; ++i) (void)play(false);
        descriptors_ = open_descriptors();
        maps_ = shared_maps();
    }
    void kill() { play_all(false); }
    void stop() { play_all(true); }

private:
    void play_all(bool is_stopped) {
        int alive = 0;
        const int count = rounds();
        for (int i = 0; i < count; ++i) {
            alive += play(is_stopped) ? 1 : 0;
            expect_nothing_left();
            if (testing::Test::HasFailure()) FAIL() << role_ << ", round " << i;
        }
        EXPECT_GT(alive, count / 4) << "most had ended before they were killed";
        std::cout << role_ << ": " << count << " rounds, " << alive << " died at work, "
                  << stopped_ / 1ms << " ms stopped, seed " << seed << '\n';
    }
    /// True: the victim was at work when it was killed.
    bool play(bool is_stopped) {
        survivor_->begin();
        nursery_.start(role_, survivor_->urls(), 0);
        work_for(life());
        if (is_stopped) {
            const Duration time = stop_time(random_);
            stopped_ += time;
            nursery_.stop();
            work_for(time);
            if (random_() % 3 != 0) {
                nursery_.go_on();
                work_for(life());
            }
        }
        const bool was_alive = nursery_.kill();
        survivor_->end();
        return was_alive;
    }
    Duration life() {
        const unsigned most = is_sanitized() ? life_max_sanitized_us : life_max_us;
        return std::chrono::microseconds{random_() % most};
    }
    void work_for(Duration time) {
        const Instant until = after(time);
        do survivor_->work(nursery_);
        while (std::chrono::steady_clock::now() < until);
    }
    void expect_nothing_left() {
        EXPECT_TRUE(eventually([&] {
            survivor_->end();  // of a link, too, that was dialled in time and accepted too late
            survivor_->tidy();
            return open_descriptors() <= descriptors_ && shared_maps() <= maps_;
        })) << open_descriptors()
            << " descriptors, " << descriptors_ << " before:\n"
            << descriptors_text() << shared_maps() << " maps, " << maps_ << " before";
    }

    const std::string role_;
    const std::unique_ptr<Survivor> survivor_;
    Nursery nursery_;
    std::mt19937_64 random_{seed};
    std::size_t descriptors_ = 0, maps_ = 0;
    Duration stopped_{0};
};

class AtAnyTime : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(shm, AtAnyTime, testing::ValuesIn(roles),
                         [](const auto& role) { return std::string{role.param}; });

TEST_P(AtAnyTime, killed_it_leaves_the_survivor_whole) { Rounds{GetParam()}.kill(); }

TEST_P(AtAnyTime, stopped_and_killed_or_not_it_leaves_the_survivor_whole) {
    Rounds{GetParam()}.stop();
}

}  // namespace
}  // namespace mycelium::attack
