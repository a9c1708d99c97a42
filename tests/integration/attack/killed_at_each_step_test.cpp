// Killed at each step: a process is stopped and killed after any of its stores to shared memory;
// the survivor goes on, believes nothing that is torn, and keeps nothing of it.
#include <iostream>
#include <numeric>
#include <random>

#include "attacked.h"
#include "nursery.h"
#include "survivors.h"

namespace mycelium::attack {
namespace {

constexpr unsigned seed = 20240618;
constexpr std::size_t steps_max = 250;  // of each role, in the suite

/// One victim's life. What became of it.
Nursery::News live_and_die(const std::string& role, Survivor& survivor, Nursery& nursery,
                           std::uint64_t step) {
    survivor.begin();
    nursery.start(role, survivor.urls(), step);
    std::optional<Nursery::News> news;
    EXPECT_TRUE(eventually([&] {
        for (int i = 0; i < 4; ++i) survivor.work(nursery);
        return (news = nursery.news()).has_value();
    })) << role
        << " neither reaches step " << step << " nor ends";
    if (news && news->has_stopped)
        for (int i = 0; i < 5; ++i) survivor.work(nursery);
    nursery.kill();
    survivor.end();
    return news.value_or(Nursery::News{});
}

std::vector<std::uint64_t> chosen_steps(std::uint64_t all, std::size_t most) {
    std::vector<std::uint64_t> steps(all);
    std::iota(steps.begin(), steps.end(), std::uint64_t{1});
    if (is_long() || all <= most) return steps;
    std::mt19937 random{seed};
    std::shuffle(steps.begin(), steps.end(), random);
    steps.resize(most);
    return steps;
}

void kill_at_each_step(const std::string& role, std::size_t most = steps_max) {
#ifndef MYCELIUM_COUNT_COPIES
    GTEST_SKIP() << "this build does not tell of its stores";
#endif
    const auto of_role = survivor_of(role);
    Survivor& survivor = *of_role;
    Nursery nursery;
    const auto whole = live_and_die(role, survivor, nursery, 0);
    ASSERT_EQ(whole.code, 0) << role;
    // What a survivor needs for its first peers it keeps.
    for (const std::uint64_t step : {whole.steps / 3, whole.steps / 2})
        (void)live_and_die(role, survivor, nursery, std::max<std::uint64_t>(step, 1));
    const std::size_t descriptors = open_descriptors(), maps = shared_maps();
    std::size_t reached = 0;
    for (const std::uint64_t step : chosen_steps(whole.steps, most)) {
        const auto news = live_and_die(role, survivor, nursery, step);
        reached += news.has_stopped ? 1 : 0;
        ASSERT_TRUE(news.has_stopped || news.code == 0) << role << " " << news.code;
        ASSERT_TRUE(eventually([&] {
            survivor.tidy();
            return open_descriptors() <= descriptors;
        })) << role
            << ", step " << step << ": " << open_descriptors() << " descriptors, " << descriptors
            << " before:\n"
            << descriptors_text();
        ASSERT_TRUE(eventually([&] { return shared_maps() <= maps; }))
            << role << ", step " << step << ": " << shared_maps() << " maps, " << maps << " before";
        if (testing::Test::HasFailure()) FAIL() << role << ", step " << step;
    }
    EXPECT_GT(reached, 0u);
    EXPECT_EQ(live_and_die(role, survivor, nursery, 0).code, 0) << "one that starts anew";
    std::cout << role << ": killed at " << reached << " of " << whole.steps << " steps, seed "
              << seed << '\n';
}

TEST(KilledAtEachStep, a_publisher) { kill_at_each_step("publisher"); }

TEST(KilledAtEachStep, a_publisher_that_took_over_and_collects_what_a_dead_reader_held) {
    kill_at_each_step("heir", 25);  // each waits to be dialled again
}

TEST(KilledAtEachStep, a_subscriber) { kill_at_each_step("subscriber"); }

TEST(KilledAtEachStep, a_subscriber_that_was_demoted_and_catches_up) {
    kill_at_each_step("laggard");
}

TEST(KilledAtEachStep, a_requester) { kill_at_each_step("requester"); }

TEST(KilledAtEachStep, a_replier) { kill_at_each_step("replier"); }

}  // namespace
}  // namespace mycelium::attack
