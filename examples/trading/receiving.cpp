#include "receiving.h"

#include <algorithm>

namespace trading {

using mycelium::DropReason;

void Receiving::note(const mycelium::Message& message) {
    if (message.origin.id == 0) return;
    if (current_ == nullptr || current_->receipt.origin != message.origin.id)
        change_source(message.origin.id);
    if (message.missed.total() != 0) {
        told_.add(message.missed);
        current_->upstream += message.missed.of(DropReason::upstream);
    }
    Receipt& receipt = current_->receipt;
    const std::uint64_t sequence = message.origin.sequence;
    if (receipt.first == 0) {
        receipt.first = sequence;
        has_late_start_ |= sequence != 1;
        current_->upstream = 0;  // of what was before its first is nothing to be said
    } else if (sequence > receipt.last + 1) {
        explain(sequence - receipt.last - 1);
    }
    receipt.last = sequence;
    ++receipt.received;
    current_->relays_gone = relays_gone_;
}

void Receiving::change_source(std::uint64_t origin) {
    commit();
    current_ = &sources_[origin];
    current_->receipt.origin = origin;
}

void Receiving::explain(std::uint64_t gap) {
    missed_ += gap;
    const auto use = [&](std::size_t reason, std::uint64_t& known) {
        const std::uint64_t used = std::min(gap, known);
        count(reason, used);
        known -= used;
        gap -= used;
    };
    use(static_cast<std::size_t>(DropReason::upstream), current_->upstream);
    for (std::size_t i = 0; i < mycelium::drop_reason_count; ++i)
        if (i != static_cast<std::size_t>(DropReason::upstream) &&
            i != static_cast<std::size_t>(DropReason::not_asked_for))
            use(i, told_.by_reason[i]);
    const bool is_other_relay = current_->relays_gone != relays_gone_;
    count(is_other_relay ? ledger_relay_gone : ledger_unexplained, gap);
}

void Receiving::count(std::size_t reason, std::uint64_t messages) noexcept {
    current_->receipt.missed[reason] += messages;
    missed_by_[reason] += messages;
}

}  // namespace trading
