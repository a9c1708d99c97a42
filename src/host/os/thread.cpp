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

Result<Thread> Thread::start(std::string name, std::function<void()> body) {
    if (name.size() > kernel_name_bytes) name.resize(kernel_name_bytes);
    auto start = std::make_unique<Start>(Start{std::move(name), std::move(body)});
    Thread result;
    if (const int error = create_without_signals(result.thread_, start.get()); error != 0) {
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

void use_fine_timers() noexcept { ::prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0); }

void yield() noexcept { ::sched_yield(); }

}  // namespace mycelium::os
