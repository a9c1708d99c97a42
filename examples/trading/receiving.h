// Receiving: what of each publisher's numbers has come through a relay, and why the rest has not.
#pragma once

#include <cstdint>
#include <map>

#include <mycelium/ext/message.h>

#include "ledger.h"

namespace trading {

/// Origins count by publisher; what the port says is missing is not told apart by publisher, so it
/// explains gaps in the order in which they show. One thread.
class Receiving {
public:
    explicit Receiving(Ledger& ledger) noexcept : ledger_(&ledger) {}

    /// Each message as it comes. Without an origin it is passed over.
    void note(const mycelium::Message& message);
    /// Into the ledger, what has been noted since. May be killed at any time.
    void commit() {
        if (current_ != nullptr) ledger_->note(current_->receipt);
    }
    /// The link to the relay has ended: gaps that begin before it may stay without a reason.
    void on_relay_gone() noexcept { ++relays_gone_; }

    /// Of all publishers.
    std::uint64_t missed() const noexcept { return missed_; }
    const MissedBy& missed_by() const noexcept { return missed_by_; }
    /// Of so many publishers all has come, from their first message on, and there were no others.
    bool has_all_of(std::size_t publishers) const noexcept {
        return sources_.size() == publishers && missed_ == 0 && !has_late_start_;
    }

private:
    struct Source {
        Receipt receipt;
        std::uint64_t upstream = 0;  ///< lost before the relay, as told; not yet seen as a gap
        std::uint64_t relays_gone = 0;
    };
    void change_source(std::uint64_t origin);
    void explain(std::uint64_t gap);
    void count(std::size_t reason, std::uint64_t messages) noexcept;

    Ledger* ledger_;
    std::map<std::uint64_t, Source> sources_;
    Source* current_ = nullptr;  // of the last message
    mycelium::Missed told_;      // by the port, and not yet seen as a gap
    std::uint64_t relays_gone_ = 0;
    std::uint64_t missed_ = 0;
    MissedBy missed_by_{};
    bool has_late_start_ = false;
};

}  // namespace trading
