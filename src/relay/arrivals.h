// Arrivals: when what a relay forwards came from its publishers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "host/os/spin_lock.h"

namespace mycelium::relay {

/// Tells how old a message is by how many have been forwarded since. Written by the thread that
/// forwards, asked by any.
class Arrivals {
public:
    /// `forwarded` messages have been, ever, and the last one was published at `timestamp_ns`.
    void note(std::uint64_t forwarded, std::uint64_t timestamp_ns) noexcept {
        if (timestamp_ns - last_ns_ < distance_ns && timestamp_ns >= last_ns_) return;
        last_ns_ = timestamp_ns;
        const std::lock_guard guard{lock_};
        marks_[next_++ % marks_.size()] = {forwarded, timestamp_ns};
    }
    /// About when message `number` (from 1) was published; 0: too long ago to know, or never.
    std::uint64_t time_of(std::uint64_t number) const noexcept {
        const std::lock_guard guard{lock_};
        const std::size_t oldest = next_ > marks_.size() ? next_ - marks_.size() : 0;
        for (std::size_t i = oldest; i < next_; ++i)
            if (marks_[i % marks_.size()].forwarded >= number)
                return marks_[i % marks_.size()].timestamp_ns;
        return next_ == 0 ? 0 : marks_[(next_ - 1) % marks_.size()].timestamp_ns;
    }

private:
    static constexpr std::uint64_t distance_ns = 1'000'000;
    struct Mark {
        std::uint64_t forwarded = 0;
        std::uint64_t timestamp_ns = 0;
    };
    std::uint64_t last_ns_ = 0;  // the writer's
    mutable os::SpinLock lock_;  // guards what follows
    std::array<Mark, 4096> marks_{};
    std::size_t next_ = 0;
};

}  // namespace mycelium::relay
