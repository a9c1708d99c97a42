// Thread: the only place where a thread is born.
#pragma once

#include <pthread.h>
#include <cstdint>
#include <functional>
#include <string>

#include <mycelium/result.h>
#include <mycelium/time.h>

namespace mycelium::os {

/// One thread that takes no signals, unless that is asked for: the program's handlers run on its
/// own threads. The destructor waits for it; in a forked child, where the thread does not exist, it
/// does nothing. Moves only. One owner at a time.
class Thread {
public:
    enum class Signals : std::uint8_t {
        none,            ///< for the library's own work
        as_its_starter,  ///< for the program's: faults, profilers, and what it starts itself
    };
    Thread() noexcept = default;
    /// `name` is seen in ps and top; the kernel keeps 15 bytes. `body` must not throw. overloaded:
    /// no more threads.
    static Result<Thread> start(std::string name, std::function<void()> body,
                                Signals signals = Signals::none);
    Thread(Thread&& other) noexcept;
    Thread& operator=(Thread&& other) noexcept;
    ~Thread();

    bool is_running() const noexcept;  ///< started, and neither joined nor detached
    /// Waits until the body has returned. From the thread itself: detaches.
    void join() noexcept;
    /// Nobody waits for it any more.
    void detach() noexcept;

private:
    pthread_t thread_{};
    bool is_running_ = false;
    std::uint32_t generation_ = 0;
};

/// The calling thread's sleeps end within a microsecond of their deadline instead of the default 50
/// µs.
void use_fine_timers() noexcept;
/// What the calling thread's slack was before that, in nanoseconds; for programs that it starts,
/// which inherit it.
unsigned long coarse_timer_slack() noexcept;

/// Lets another thread have the core.
void yield() noexcept;
/// Sleeps for about as long; less if a signal comes.
void rest(Duration time) noexcept;

}  // namespace mycelium::os
