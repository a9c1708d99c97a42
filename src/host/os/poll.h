// Waiting for several descriptors, and an epoll set as one descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/fd.h"
#include "host/os/kernel.h"

namespace mycelium::os {

struct Polled {
    int fd = -1;
    bool for_writing = false;
    bool is_ready = false;  ///< out; also on error and hang-up
};
/// ppoll with a deadline; EINTR is retried. Returns how many are ready; 0: the deadline passed.
/// Negative descriptors are passed over; one that is not open counts as ready, so that its owner's
/// next call tells.
Result<int> poll(std::span<Polled> polled, Instant deadline);

/// A level-triggered epoll set for reading; its own descriptor is readable when one of its members
/// is. add() and remove() from any thread, wait() from one at a time.
class PollSet {
public:
    static Result<PollSet> create(Kernel kernel = {});
    int fd() const noexcept { return epoll_.get(); }
    /// `key` comes back from wait().
    Result<void> add(int fd, std::uint64_t key);
    void remove(int fd) noexcept;
    /// Fills `keys` with what is ready, at most 64 at a time; 0: the deadline passed.
    Result<std::size_t> wait(std::span<std::uint64_t> keys, Instant deadline);

private:
    PollSet(Fd epoll, Kernel kernel) noexcept : epoll_(std::move(epoll)), kernel_(kernel) {}
    Fd epoll_;
    Kernel kernel_;
};

}  // namespace mycelium::os
