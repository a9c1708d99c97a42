// What a receiver knows of one publisher's numbering.
#pragma once

#include <cstdint>

#include <mycelium/ext/message.h>

namespace mycelium::wire {

/// Turns sequence numbers and gap notices into `missed`, so that every number is either handed out
/// or counted once.
class SequenceTracker {
public:
    /// The next number that this receiver has not accounted for; 0: it takes whatever comes first.
    std::uint64_t expected() const noexcept { return expected_; }

    /// The publisher begins (or goes on, after a reconnection) at `next`; what lies between was
    /// published without us.
    void start(std::uint64_t next) noexcept {
        if (expected_ != 0 && next > expected_)
            pending_.add(DropReason::disconnected, next - expected_);
        expected_ = next;
    }
    /// Another run of the publisher: its numbers have nothing to do with the old ones.
    void forget() noexcept {
        expected_ = 0;
        pending_ = {};
    }
    /// The publisher told what it dropped before `next`.
    void gap(const Missed& dropped, std::uint64_t next) noexcept {
        if (next <= expected_) return;  // these numbers were accounted for already
        pending_.add(dropped);
        expected_ = next;
    }
    /// A message arrived; returns what is missing before it.
    Missed arrive(std::uint64_t sequence) noexcept {
        account_for(sequence);
        const Missed missed = pending_;
        pending_ = {};
        return missed;
    }

private:
    void account_for(std::uint64_t sequence) noexcept {
        if (expected_ != 0 && sequence > expected_)
            pending_.add(DropReason::disconnected, sequence - expected_);
        expected_ = sequence + 1;
    }

    std::uint64_t expected_ = 0;
    Missed pending_;
};

}  // namespace mycelium::wire
