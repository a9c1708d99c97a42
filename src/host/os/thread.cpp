#include "host/os/thread.h"

#include <sys/prctl.h>
#include <csignal>
#include <memory>
#include <new>
#include <utility>

#include "host/os/error.h"
#include "host/os/fd.h"

namespace mycelium::os {
namespace {

constexpr std::size_t kernel_name_bytes = 15;

thread_local unsigned long slack_before = 0;  // in ns; 0: it has never been changed

unsigned long current_slack() noexcept {
    const int slack = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    return slack > 0 ? static_cast<unsigned long>(slack) : 0;
}

struct Start {
    std::string name;
    std::function<void()> body;
};

void* run(void* argument) {
    const std::unique_ptr<Start> start{static_cast<Start*>(argument)};
    ::pthread_setname_np(::pthread_self(), start->name.c_str());
    start->body();
    return nullptr;
}

// Signals are blocked around the birth, so that the new thread never has one open.
int create_without_signals(pthread_t& thread, Start* start) noexcept {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = ::pthread_create(&thread, nullptr, run, start);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error;
}

}  // namespace

Result<Thread> Thread::start(std::string name, std::function<void()> body, Signals signals) {
    if (name.size() > kernel_name_bytes) name.resize(kernel_name_bytes);
    auto start = std::make_unique<Start>(Start{std::move(name), std::move(body)});
    Thread result;
    const int error = signals == Signals::none
                          ? create_without_signals(result.thread_, start.get())
                          : ::pthread_create(&result.thread_, nullptr, run, start.get());
    if (error != 0) {
        Error failure = error_from(error, "starting the thread " + start->name);
        return Error{Errc::overloaded, failure.message(), error};
    }
    start.release();  // the thread's now
    result.is_running_ = true;
    result.generation_ = fork_generation();
    return result;
}

Thread::Thread(Thread&& other) noexcept
    : thread_(other.thread_),
      is_running_(std::exchange(other.is_running_, false)),
      generation_(other.generation_) {}

Thread& Thread::operator=(Thread&& other) noexcept {
    if (this == &other) return *this;
    join();
    thread_ = other.thread_;
    is_running_ = std::exchange(other.is_running_, false);
    generation_ = other.generation_;
    return *this;
}

Thread::~Thread() { join(); }

bool Thread::is_running() const noexcept { return is_running_ && generation_ == fork_generation(); }

void Thread::join() noexcept {
    if (!is_running()) return;
    if (::pthread_equal(thread_, ::pthread_self()) != 0) return detach();
    ::pthread_join(thread_, nullptr);
    is_running_ = false;
}

void Thread::detach() noexcept {
    if (!is_running()) return;
    ::pthread_detach(thread_);
    is_running_ = false;
}

void use_fine_timers() noexcept {
    if (slack_before == 0) slack_before = current_slack();
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
}

unsigned long coarse_timer_slack() noexcept {
    return slack_before != 0 ? slack_before : current_slack();
}

void yield() noexcept { ::sched_yield(); }

void rest(Duration time) noexcept {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec wait{static_cast<time_t>(seconds.count()),
                        static_cast<long>((time - seconds).count())};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, nullptr);
}

}  // namespace mycelium::os
