#include "host/os/fd.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <atomic>
#include <bit>
#include <cstddef>

namespace mycelium::os {
namespace {

constexpr std::size_t bits = 64;
constexpr std::size_t registered_max = std::size_t{1} << 20;  // the kernel's default fs.nr_open

// One bit per descriptor that an Fd owns. Static and zero, so that the atfork handler may read it
// whatever the threads that no longer exist in the child were doing. A number beyond the table
// stays open in a forked child until it execs or ends; its Fd still answers -1 there.
constinit std::atomic<std::uint64_t> owned[registered_max / bits] = {};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "the atfork handler must not lock");

void enter(int fd) noexcept {
    const auto number = static_cast<std::size_t>(fd);
    if (number >= registered_max) return;
    owned[number / bits].fetch_or(std::uint64_t{1} << number % bits, std::memory_order_relaxed);
}

void strike(int fd) noexcept {
    const auto number = static_cast<std::size_t>(fd);
    if (number >= registered_max) return;
    owned[number / bits].fetch_and(~(std::uint64_t{1} << number % bits), std::memory_order_relaxed);
}

// Runs in the child before fork() returns there. Only close(): shutdown(), epoll_ctl() and unlink()
// would act on objects that the parent still uses.
void close_owned_in_child() noexcept {
    fork_generation_now.fetch_add(1, std::memory_order_relaxed);
    for (std::size_t word = 0; word < registered_max / bits; ++word) {
        std::uint64_t left = owned[word].load(std::memory_order_relaxed);
        if (left == 0) continue;  // keeps the untouched pages of the table unwritten
        owned[word].store(0, std::memory_order_relaxed);
        for (; left != 0; left &= left - 1) {
            ::close(static_cast<int>(word * bits) + std::countr_zero(left));
        }
    }
}

[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, close_owned_in_child);

}  // namespace

Fd Fd::adopt(int fd) noexcept {
    Fd result;
    if (fd < 0) return result;
    result.fd_ = fd;
    result.generation_ = fork_generation();
    enter(fd);
    return result;
}

Fd::Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)), generation_(other.generation_) {}

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this == &other) return *this;
    reset();
    fd_ = std::exchange(other.fd_, -1);
    generation_ = other.generation_;
    return *this;
}

Fd::~Fd() { reset(); }

Fd Fd::duplicate() const noexcept {
    const int number = get() < 0 ? -1 : ::fcntl(get(), F_DUPFD_CLOEXEC, 0);
    return number < 0 ? Fd{} : adopt(number);
}

int Fd::get() const noexcept { return generation_ == fork_generation() ? fd_ : -1; }

void Fd::reset() noexcept {
    // Struck before it is closed: the other way round, a fork in between would close the number's
    // next owner's file.
    if (const int fd = release(); fd >= 0) ::close(fd);
}

int Fd::release() noexcept {
    const int fd = get();
    fd_ = -1;
    if (fd >= 0) strike(fd);
    return fd;
}

}  // namespace mycelium::os
