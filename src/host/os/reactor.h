// Reactor: one thread's descriptors, timers and errands.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// An epoll loop. All but post(), nudge() and stop() belong to the thread that runs it (or, before run(), to its maker).
/// Handlers may watch, unwatch and set timers freely, also for themselves.
class Reactor {
public:
    using Watch = std::uint64_t;   ///< never reused; 0 is none
    using Timer = std::uint64_t;
    enum : std::uint32_t { readable = 1, writable = 4, hang_up = 0x2000 };  // EPOLLIN, EPOLLOUT, EPOLLRDHUP

    static Result<std::unique_ptr<Reactor>> create();
    ~Reactor();

    /// Calls `handler(events)` whenever the descriptor has one of `events` (level-triggered), or an error or hang-up.
    /// The descriptor must stay open until unwatch(). overloaded: no memory or too many watches.
    Result<Watch> watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> handler);
    Result<void> rewatch(Watch watch, std::uint32_t events);
    /// The handler is not called again, even if its event was already fetched. Unknown watches are ignored.
    void unwatch(Watch watch) noexcept;

    Timer at(Instant when, std::function<void()> handler);
    void cancel(Timer timer) noexcept;

    /// From any thread: `errand` runs soon on the loop's thread. False: the reactor has stopped; it will not run.
    bool post(std::function<void()> errand);

    /// `tick()` is called every `interval` (30 µs is fine: epoll_pwait2, else timerfd) from the next nudge() on, until it
    /// returns false. nudge() from any thread costs one atomic read-modify-write while ticking.
    void set_tick(Duration interval, std::function<bool()> tick);
    void nudge() noexcept;

    /// Runs until stop(). Errands posted before stop() still run.
    void run();
    void stop() noexcept;

private:
    struct Impl;
    explicit Reactor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mycelium::os
