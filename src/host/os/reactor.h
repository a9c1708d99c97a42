// Reactor: one thread's descriptors, timers and errands.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/kernel.h"

namespace mycelium::os {

/// An epoll loop; idle, it does not wake up. In a forked child nothing works and nothing is
/// touched. All but post(), nudge() and stop() belong to the thread that runs it (or, before run(),
/// to its maker). Handlers may watch, unwatch and set timers freely, also for themselves.
class Reactor {
public:
    using Watch = std::uint64_t;  ///< never reused; 0 is none
    using Timer = std::uint64_t;
    enum : std::uint32_t {
        readable = 1,
        writable = 4,
        hang_up = 0x2000
    };  // EPOLLIN, EPOLLOUT, EPOLLRDHUP

    static Result<std::unique_ptr<Reactor>> create(Kernel kernel = {});
    ~Reactor();

    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    /// Calls `handler(events)` whenever the descriptor has one of `events` (level-triggered), or an
    /// error or hang-up. The descriptor must stay open until unwatch(). overloaded: no memory or
    /// too many watches; invalid: watched already, or not pollable.
    Result<Watch> watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> handler);
    Result<void> rewatch(Watch watch, std::uint32_t events);
    /// The handler is not called again, even if its event was already fetched. Unknown watches are
    /// ignored.
    void unwatch(Watch watch) noexcept;

    /// Calls `handler` once, not before `when`; never from within at().
    Timer at(Instant when, std::function<void()> handler);
    void cancel(Timer timer) noexcept;

    /// From any thread: `errand` runs soon on the loop's thread. False: the reactor has stopped; it
    /// will not run.
    bool post(std::function<void()> errand);

    /// `tick()` is called every `interval` (30 µs is fine: epoll_pwait2, else ppoll) from the next
    /// nudge() on, until it returns false. nudge() from any thread costs one atomic
    /// read-modify-write while ticking.
    void set_tick(Duration interval, std::function<bool()> tick);
    void nudge() noexcept;

    /// Is the caller inside run()?
    bool is_own_thread() const noexcept;

    /// Runs until stop(). Errands posted before stop() still run. What handlers throw leaves run().
    void run();
    void stop() noexcept;

private:
    struct Impl;
    explicit Reactor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mycelium::os
