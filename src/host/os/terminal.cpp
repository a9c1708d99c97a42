#include "host/os/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <utility>

#include "host/os/error.h"
#include "host/os/poll.h"
#include "host/os/standard_io.h"

namespace mycelium::os {

namespace {

constexpr int standard_in = 0;

// What to restore. One terminal, one owner.
termios before{};

}  // namespace

ScreenSize screen_size() noexcept {
    winsize size{};
    if (::ioctl(standard_output, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {};
    return {size.ws_col, size.ws_row};
}

Result<Keys> Keys::create() {
    const bool is_foreground = ::tcgetpgrp(standard_in) == ::getpgrp();
    if (!is_foreground || ::tcgetattr(standard_in, &before) != 0)
        return Error{Errc::unsupported, "standard input is no terminal of ours", errno};
    termios now = before;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = 0;  // a read never waits
    now.c_cc[VTIME] = 0;
    now.c_cc[VSUSP] = _POSIX_VDISABLE;
    if (::tcsetattr(standard_in, TCSANOW, &now) != 0)
        return error_from(errno, "the terminal's keys");
    return Keys{};
}

Keys::Keys(Keys&& other) noexcept
    : is_owner_(std::exchange(other.is_owner_, false)), has_ended_(other.has_ended_) {}

Keys::~Keys() {
    if (is_owner_) (void)::tcsetattr(standard_in, TCSANOW, &before);
}

int Keys::fd() const noexcept { return has_ended_ ? -1 : standard_in; }

std::optional<char> Keys::next() noexcept {
    if (has_ended_) return std::nullopt;
    std::array<Polled, 1> polled{Polled{standard_in, false, false}};
    const auto ready = poll(polled, Instant{});
    if (!ready || *ready == 0) return std::nullopt;
    char key = 0;
    // Nothing although it was readable: the terminal has gone.
    if (::read(standard_in, &key, 1) == 1) return key;
    has_ended_ = true;
    return std::nullopt;
}

}  // namespace mycelium::os
