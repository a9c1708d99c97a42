#include "benchmarks/own/idle.h"

#include <time.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "benchmarks/own/ends.h"
#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t links = 17;  // the first brings what all have in common
constexpr std::chrono::milliseconds settling{300};
constexpr std::chrono::milliseconds watched{2000};
constexpr std::chrono::milliseconds briefly_watched{500};
constexpr double brief_seconds = 0.2;  // a plan of less is in a hurry

/// The number behind `key` in a file of lines "key: number".
std::uint64_t number_in(const std::filesystem::path& path, const std::string& key) {
    std::ifstream file(path);
    for (std::string word; file >> word;) {
        std::uint64_t number = 0;
        if (word == key && file >> number) return number;
    }
    throw std::runtime_error(path.string() + " without " + key);
}

/// Of this process's threads: each ends when its thread sleeps again.
std::uint64_t switches() {
    std::uint64_t sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task"))
        sum += number_in(thread.path() / "status", "voluntary_ctxt_switches:");
    return sum;
}

/// Memory of this process; of what it maps together with others, its part. Pages that it has from
/// its parent count in full: when others write to theirs, nothing changes here.
double memory_bytes() {
    const char* const file = "/proc/self/smaps_rollup";
    return 1024 *
           static_cast<double>(number_in(file, "Anonymous:") + number_in(file, "Pss_Shmem:"));
}

void pause_for(std::chrono::milliseconds time) {
    const timespec wanted{time.count() / 1000, time.count() % 1000 * 1'000'000};
    ::nanosleep(&wanted, nullptr);
}

/// Sleeps for the watched time, after what the ends still had to tell each other; what else ran
/// meanwhile.
template <class Sleep>
double wake_ups_during(Sleep&& sleep) {
    pause_for(settling);
    const std::uint64_t before = switches();
    sleep();
    // The sleeper's own going to sleep.
    return static_cast<double>(switches() - before) - 1;
}

std::chrono::milliseconds watched_for(const Plan& plan) {
    return plan.seconds < brief_seconds ? briefly_watched : watched;
}

void bind(Arena& arena, const Plan& plan, const Meeting& meeting, Idle idle) {
    Node node{"bench-near"};
    auto publisher = node.publisher<Small>(meeting.url("near"), patient()).value();
    const Small message;
    arena.near.set_url(0, publisher.url());
    arena.near.reach(1);
    publisher.wait_for(1, patience).value();
    check(publisher.publish(message));
    arena.far.await(2);
    const double before = memory_bytes();
    arena.near.reach(2);
    publisher.wait_for(links, patience).value();
    check(publisher.publish(message));
    arena.far.await(3);
    if (idle == Idle::publisher_memory) arena.near.amount = (memory_bytes() - before) / (links - 1);
    if (idle == Idle::wake_ups)
        arena.near.amount = wake_ups_during([&] { pause_for(watched_for(plan)); });
    arena.near.reach(3);
    arena.far.await(4);
}

void connect(Arena& arena, const Plan& plan, Idle idle) {
    Node node{"bench-far"};
    arena.near.await(1);
    std::vector<Subscriber<Small>> subscribers;
    const auto take_one = [&] {
        for (auto& subscriber : subscribers) subscriber.receive_for(patience).value();
    };
    const auto add = [&] {
        subscribers.push_back(node.subscriber<Small>(arena.near.url[0].data()).value());
    };
    add();
    take_one();
    const double before = memory_bytes();
    arena.far.reach(2);
    arena.near.await(2);
    while (subscribers.size() < links) add();
    take_one();
    if (idle == Idle::subscriber_memory) arena.far.amount = (memory_bytes() - before) / (links - 1);
    arena.far.reach(3);
    if (idle == Idle::wake_ups) {
        // Whoever waits has fallen asleep before it is watched, and sleeps for longer than that.
        std::thread waiting{[&] {
            const auto longer = settling + watched_for(plan) + settling;
            if (subscribers.back().receive_for(longer)) ++arena.far.wrong;
        }};
        arena.far.amount = wake_ups_during([&] { pause_for(watched_for(plan)); });
        waiting.join();
    }
    arena.near.await(3);
    arena.far.counted = links;
    arena.far.reach(4);
}

}  // namespace

Measurement own_idle(const std::string& scheme, const Plan& plan, Idle idle) {
    const Meeting meeting{scheme};
    Twins twins;
    twins.near = [&](Arena& arena) { bind(arena, plan, meeting, idle); };
    twins.far = [&](Arena& arena) { connect(arena, plan, idle); };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
