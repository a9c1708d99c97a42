// The sides of a measurement of a rival: both make their channel after the fork, before any library
// has a thread, and leave only when the other one is done. A channel is one of measure.h; a sender
// may have
//     void wait_for(std::size_t receivers);   until so many are there
// and whoever receives
//     void join();                            until it is connected with the other side
#pragma once

#include <functional>
#include <utility>

#include <malloc.h>

#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/measure.h"
#include "benchmarks/raw/twins.h"
#include "benchmarks/rivals/daemon.h"

namespace mycelium::bench {

/// Counts the daemon's processor time into the measurement while it lives; null: there is no
/// daemon.
class DaemonTime {
public:
    DaemonTime(Arena& arena, const Daemon* daemon)
        : arena_(arena), daemon_(daemon), before_(daemon ? daemon->cpu_ns() : 0) {}
    ~DaemonTime() {
        if (daemon_) arena_.between.cpu_ns = daemon_->cpu_ns() - before_;
    }
    DaemonTime(const DaemonTime&) = delete;
    DaemonTime& operator=(const DaemonTime&) = delete;

private:
    Arena& arena_;
    const Daemon* daemon_;
    std::uint64_t before_;
};

template <class Channel>
void join(Channel& channel) {
    if constexpr (requires { channel.join(); }) channel.join();
}

/// Where a measurement happens.
struct Scene {
    Company company = Company::processes;
    const Daemon* daemon = nullptr;
    /// The last that each side does, when its channel has gone: for a library that wants to be
    /// ended.
    void (*leave)() = [] {};
};

/// Libraries that take memory for each message shall get it from what they freed before, and not,
/// page by page, from the system: glibc gives back what is large. Of the calling process.
inline void keep_freed_memory() noexcept {
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that glibc allows
    ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

/// Runs the sides; each leaves as the scene says.
inline Measurement run_and_leave(Twins twins, const Scene& scene, const Plan& plan) {
    const auto leaving = [&scene](std::function<void(Arena&)> body) {
        return [&scene, body = std::move(body)](Arena& arena) {
            keep_freed_memory();
            body(arena);
            scene.leave();
        };
    };
    twins.near = leaving(std::move(twins.near));
    twins.far = leaving(std::move(twins.far));
    for (auto& other : twins.others) other = leaving(std::move(other));
    return run_twins(twins, limit_seconds(plan));
}

/// The far side's channel is made first; the near one's when that is there.
template <class MakeNear, class MakeFar>
Measurement round_trip_of(const Plan& plan, const Scene& scene, const MakeNear& make_near,
                          const MakeFar& make_far) {
    Twins twins{scene.company, {}, {}};
    twins.near = [&](Arena& arena) {
        arena.far.await(1);
        auto channel = make_near();
        arena.near.reach(1);
        join(channel);
        arena.far.await(2);
        {
            const DaemonTime time(arena, scene.daemon);
            ping(arena.near, plan, [&](std::uint64_t number) {
                channel.send(number);
                channel.flush();
                return channel.receive();
            });
        }
        arena.near.reach(step_received_all);
    };
    twins.far = [&](Arena& arena) {
        auto channel = make_far();
        arena.far.reach(1);
        arena.near.await(1);
        join(channel);
        arena.far.reach(2);
        pong(arena.far, channel);
        arena.near.await(step_received_all);
    };
    return run_and_leave(std::move(twins), scene, plan);
}

/// Who makes its channel first, for the others to connect to.
enum class First : std::uint8_t { sender, receivers };

/// `make_receiver(index)` is called in that receiver's process.
template <class MakeSender, class MakeReceiver>
Measurement stream_of(const Plan& plan, const Scene& scene, First first, std::size_t receivers,
                      const MakeSender& make_sender, const MakeReceiver& make_receiver) {
    Twins twins{scene.company, {}, {}};
    const auto await_receivers = [](Arena& arena) {
        for (std::size_t i = 0; i < arena.receivers; ++i) arena.receiver(i).await(1);
    };
    twins.near = [&, first](Arena& arena) {
        if (first == First::receivers) await_receivers(arena);
        auto channel = make_sender();
        arena.near.reach(1);
        await_receivers(arena);
        if constexpr (requires { channel.wait_for(arena.receivers); })
            channel.wait_for(arena.receivers);
        const DaemonTime time(arena, scene.daemon);
        pump(arena, plan, channel);
        arena.near.reach(step_received_all);
    };
    const auto receive = [&, first](std::size_t index) {
        return [&, first, index](Arena& arena) {
            if (first == First::sender) arena.near.await(1);
            auto channel = make_receiver(index);
            join(channel);
            arena.receiver(index).reach(1);
            sink(arena, arena.receiver(index), channel);
            arena.near.await(step_received_all);
        };
    };
    twins.far = receive(0);
    for (std::size_t i = 1; i < receivers; ++i) twins.others.push_back(receive(i));
    return run_and_leave(std::move(twins), scene, plan);
}

}  // namespace mycelium::bench
