#include "host/os/signals.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include "host/os/error.h"

namespace mycelium::os {

namespace {

constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

// A signal handler can reach nothing else.
std::atomic<int> stop_fd{-1};
std::atomic<std::int64_t> stop_came_ns{0};  // 0: it has not
std::atomic<pid_t> stop_pid{0};             // whose signals they are

std::int64_t monotonic_ns() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void note(int number) noexcept {
    const int before = errno;
    const std::int64_t now = monotonic_ns();
    std::int64_t first = 0;
    const bool is_childs = stop_pid.load(std::memory_order_relaxed) != ::getpid();
    if (is_childs || !stop_came_ns.compare_exchange_strong(first, now)) {
        // A forked child has never asked for this: its signals are its own.
        if (!is_childs && now - first < same_stop.count()) return;
        ::signal(number, SIG_DFL);
        ::raise(number);  // when this returns
        errno = before;
        return;
    }
    const std::uint64_t one = 1;
    if (const int fd = stop_fd.load(std::memory_order_relaxed); fd >= 0)
        if (::write(fd, &one, sizeof one) <
            0) {  // full: then it is readable, which is all it has to be
        }
    errno = before;
}

}  // namespace

Result<StopSignal> StopSignal::create() {
    int none = -1;
    const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return Error{Errc::overloaded, "cannot watch for signals: " + error_text(errno), errno};
    if (!stop_fd.compare_exchange_strong(none, fd)) {
        ::close(fd);
        return Error{Errc::invalid, "signals are watched for already"};
    }
    stop_came_ns.store(0);
    stop_pid.store(::getpid());
    struct sigaction action {};
    action.sa_handler = note;
    for (int number : stop_signals) ::sigaddset(&action.sa_mask, number);
    for (int number : stop_signals) {
        struct sigaction before {};
        ::sigaction(number, nullptr, &before);
        if (before.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);  // as nohup wishes
    }
    return StopSignal{};
}

StopSignal::StopSignal(StopSignal&& other) noexcept
    : is_owner_(std::exchange(other.is_owner_, false)) {}

StopSignal::~StopSignal() {
    if (!is_owner_) return;
    for (int number : stop_signals) {
        struct sigaction now {};
        ::sigaction(number, nullptr, &now);
        if (now.sa_handler == note) ::signal(number, SIG_DFL);
    }
    ::close(stop_fd.exchange(-1));
}

bool StopSignal::came() const noexcept { return stop_came_ns.load(std::memory_order_relaxed) != 0; }

int StopSignal::fd() const noexcept { return stop_fd.load(std::memory_order_relaxed); }

void ignore_broken_pipes() noexcept { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace mycelium::os
