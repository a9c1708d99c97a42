#include "host/os/poll.h"

#include <poll.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <vector>

#include "host/os/clock.h"
#include "host/os/epoll.h"
#include "host/os/error.h"

namespace mycelium::os {
namespace {

int ppoll_until(std::span<pollfd> set, Instant deadline) noexcept {
    for (;;) {
        const timespec left = deadline == never ? timespec{} : remaining(deadline);
        const int ready =
            ::ppoll(set.data(), set.size(), deadline == never ? nullptr : &left, nullptr);
        if (ready >= 0) return ready;
        if (errno != EINTR) return -errno;
    }
}

Result<int> poll_through(std::span<Polled> polled, std::span<pollfd> set, Instant deadline) {
    for (std::size_t index = 0; index < polled.size(); ++index) {
        const short events = polled[index].for_writing ? POLLOUT : POLLIN;
        set[index] = {.fd = polled[index].fd, .events = events, .revents = 0};
    }
    const int ready = ppoll_until(set, deadline);
    if (ready < 0) return error_from(-ready, "ppoll");
    for (std::size_t index = 0; index < polled.size(); ++index) {
        polled[index].is_ready = set[index].revents != 0;
    }
    return ready;
}

}  // namespace

Result<int> poll(std::span<Polled> polled, Instant deadline) {
    std::array<pollfd, 32> few;
    if (polled.size() <= few.size()) {
        return poll_through(polled, std::span{few}.first(polled.size()), deadline);
    }
    try {
        std::vector<pollfd> many(polled.size());
        return poll_through(polled, many, deadline);
    } catch (const std::bad_alloc&) {
        return Error{Errc::overloaded, "no memory", ENOMEM};
    }
}

Result<PollSet> PollSet::create(Kernel kernel) {
    Fd epoll = Fd::adopt(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return error_from(errno, "epoll_create1");
    return PollSet{std::move(epoll), kernel};
}

Result<void> PollSet::add(int fd, std::uint64_t key) {
    if (!epoll_) return forked();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
    return error_from(errno, "adding a descriptor to a poll set");
}

void PollSet::remove(int fd) noexcept { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

Result<std::size_t> PollSet::wait(std::span<std::uint64_t> keys, Instant deadline) {
    if (!epoll_) return forked();
    std::array<epoll_event, 64> events;
    const auto room = std::span{events}.first(std::min(keys.size(), events.size()));
    if (room.empty()) return std::size_t{0};
    const int count = wait_epoll(epoll_.get(), room, deadline, kernel_);
    if (count < 0) return error_from(-count, "epoll_wait");
    for (std::size_t index = 0; index < static_cast<std::size_t>(count); ++index) {
        keys[index] = events[index].data.u64;
    }
    return static_cast<std::size_t>(count);
}

}  // namespace mycelium::os
