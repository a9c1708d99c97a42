// What a receiver knows of one publisher's numbering.
#pragma once

#include <algorithm>
#include <cstdint>

#include <mycelium/ext/message.h>

namespace mycelium::wire {

/// Turns sequence numbers and gap notices into `missed`, so that every number is either handed out
/// or counted once.
class SequenceTracker {
public:
    /// The next number that this receiver has not accounted for; 0: it takes whatever comes first.
    std::uint64_t expected() const noexcept { return expected_; }

    /// How many numbers were passed over within a link without a word of the publisher's.
    std::uint64_t unexplained() const noexcept { return unexplained_; }

    /// The publisher begins (or goes on, after a reconnection) at `next`; what lies between was
    /// published without us.
    void start(std::uint64_t next) noexcept {
        if (expected_ != 0 && next > expected_) {
            pending_.add(DropReason::disconnected, next - expected_);
            has_news_ = true;
        }
        expected_ = next;
    }
    /// Another run of the publisher: its numbers have nothing to do with the old ones.
    void forget() noexcept {
        expected_ = 0;
        pending_ = {};
    }
    /// The publisher told what it dropped before `next`.
    void gap(const Missed& dropped, std::uint64_t next) noexcept {
        if (next <= expected_ - passed_over_) return;  // accounted for before the last message
        // Notices may change places: only before the next message have all of them come.
        if (expected_ == 0)
            passed_over_ += dropped.passed_over();
        else if (next > expected_)
            passed_over_ += next - expected_;
        told_ += dropped.passed_over();
        pending_.add(dropped);
        has_news_ = true;
        expected_ = std::max(expected_, next);
    }
    /// It is known which message comes next, and nothing is missing before it.
    bool is_expecting() const noexcept { return expected_ != 0 && !has_news_; }
    /// A message arrived, the one expected, and nothing is missing before it. False: it is not
    /// that; ask arrive().
    bool arrive_next(std::uint64_t sequence) noexcept {
        if (sequence != expected_ || has_news_) return false;
        ++expected_;
        return true;
    }
    /// `count` more arrived right behind the last one, or the one expected if is_expecting().
    void arrive_in_order(std::uint64_t count) noexcept { expected_ += count; }
    /// A message arrived; returns what is missing before it.
    Missed arrive(std::uint64_t sequence) noexcept {
        if (arrive_next(sequence)) return {};
        has_news_ = false;
        account_for(sequence);
        const Missed missed = pending_;
        pending_ = {};
        return missed;
    }

private:
    void account_for(std::uint64_t sequence) noexcept {
        if (expected_ != 0 && sequence > expected_) {
            pending_.add(DropReason::disconnected, sequence - expected_);
            passed_over_ += sequence - expected_;
        }
        if (passed_over_ > told_) unexplained_ += passed_over_ - told_;
        passed_over_ = told_ = 0;
        expected_ = sequence + 1;
    }

    std::uint64_t expected_ = 0;
    std::uint64_t passed_over_ = 0;  // numbers, since the last message
    std::uint64_t told_ = 0;         // of them
    std::uint64_t unexplained_ = 0;
    Missed pending_;
    bool has_news_ = false;  // something to tell with the next message
};

}  // namespace mycelium::wire
