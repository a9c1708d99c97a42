// Progress: how many messages a reader is done with, found by their numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include <mycelium/ext/message.h>

#include "core/wire/sequence.h"

namespace mycelium::transport {

/// Independent of any count of what was handed out: a message that got lost without being counted
/// as dropped is passed over here, and so the books do not balance. One link's reading end.
class Progress {
public:
    /// This message is handed out, and follows the one before: the reader is done with one more,
    /// and missed nothing. False: step() tells.
    bool is_next(const Message& message) noexcept {
        if (message.header.sequence != last_ + 1 || last_ == 0) return false;
        if (message.origin.lost != 0 && message.missed.total() != 0) return false;
        last_ = message.header.sequence;
        return true;
    }
    /// So many more are handed out right behind the last one, and nothing was missed before any.
    void go_on(std::size_t count) noexcept { last_ += count; }
    /// This message is handed out: how many more the reader is done with.
    std::uint64_t step(const Message& message, const wire::SequenceTracker& tracker) noexcept {
        const std::uint64_t number = message.header.sequence;
        const std::uint64_t told = message.missed.passed_over();
        std::uint64_t steps = 1;
        if (last_ != 0 && number > last_ && number - last_ > told) steps = number - last_ - told;
        last_ = number;
        steps += tracker.unexplained() - unexplained_;
        unexplained_ = tracker.unexplained();
        return steps;
    }

private:
    std::uint64_t last_ = 0;
    std::uint64_t unexplained_ = 0;
};

}  // namespace mycelium::transport
