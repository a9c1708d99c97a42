// Flag: raised once, by anybody, and from then on readable.
#pragma once

#include <atomic>
#include <utility>

#include <mycelium/result.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// Any thread.
class Flag {
public:
    /// Errors: overloaded (no descriptor).
    static Result<Flag> create();
    Flag(Flag&& other) noexcept
        : is_raised_(other.is_raised_.load(std::memory_order_relaxed)), fd_(std::move(other.fd_)) {}

    void raise() noexcept;
    // Pairs with the release in raise().
    bool is_raised() const noexcept { return is_raised_.load(std::memory_order_acquire); }
    /// Readable, for good, once it is raised.
    int fd() const noexcept { return fd_.get(); }

private:
    explicit Flag(Fd fd) noexcept : fd_(std::move(fd)) {}
    std::atomic<bool> is_raised_{false};
    Fd fd_;
};

/// Raises a flag when it goes, however that comes about. Declared after the thread that waits for
/// the flag, so that this one's destructor does not wait for ever.
class RaisedAtEnd {
public:
    explicit RaisedAtEnd(Flag& flag) noexcept : flag_(flag) {}
    RaisedAtEnd(const RaisedAtEnd&) = delete;
    RaisedAtEnd& operator=(const RaisedAtEnd&) = delete;
    ~RaisedAtEnd() { flag_.raise(); }

private:
    Flag& flag_;
};

}  // namespace mycelium::os
