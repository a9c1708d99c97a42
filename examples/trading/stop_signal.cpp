#include "stop_signal.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <csignal>
#include <initializer_list>

namespace trading {
namespace {

sigset_t stop_signals() noexcept {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    return set;
}

}  // namespace

void block_stop_signals() noexcept {
    const sigset_t set = stop_signals();
    sigprocmask(SIG_BLOCK, &set, nullptr);
}

StopSignal::StopSignal() noexcept {
    const sigset_t set = stop_signals();
    fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

StopSignal::~StopSignal() {
    if (fd_ >= 0) close(fd_);
}

/// The signal is never read, so it stays set.
bool StopSignal::is_set() const noexcept {
    pollfd ask{fd_, POLLIN, 0};
    return poll(&ask, 1, 0) > 0;
}

}  // namespace trading
