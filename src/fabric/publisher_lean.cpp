// PublisherState: the short way to links that all read one log: for small messages, and for loans.
#include <algorithm>

#include "fabric/publisher_state.h"
#include "host/os/clock.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t batch_max = 1024;

/// What leaves this process without being encoded, if it is small; else of no size and no place.
std::span<const std::byte> plain_bytes(const Payload& payload) noexcept {
    if (payload.has_bytes)
        return payload.schema == nullptr ? payload.bytes : std::span<const std::byte>{};
    if (payload.schema->form != Form::flat) return {};
    return {static_cast<const std::byte*>(payload.object), payload.schema->flat_bytes};
}

/// Does it perhaps lie in a chunk of the pool?
bool is_lent(const Payload& payload) noexcept {
    return payload.has_bytes && payload.schema == nullptr && payload.owner &&
           payload.bytes.size() > limits::inline_bytes_max;
}

}  // namespace

bool PublisherState::is_lean() noexcept {
    if (lean_ == Lean::unknown) {
        const bool all_quiet = std::all_of(links_.begin(), links_.end(), [](const LinkPtr& link) {
            return link->is_quiet() && !link->closed();
        });
        lean_ = history_max_ == 0 && outlet_ && !links_.empty() && all_quiet ? Lean::yes : Lean::no;
    }
    return lean_ == Lean::yes;
}

bool PublisherState::publish_lean(std::span<const Payload> payloads, std::uint32_t& subscribers) {
    if (!is_lean() || payloads.empty() || payloads.size() > batch_max) return false;
    if (payloads.size() == 1 && is_lent(payloads.front()))
        return publish_lent(payloads.front().bytes, subscribers);
    const std::size_t most =
        std::min<std::uint64_t>(limits::inline_bytes_max, options_.message_bytes_max);
    std::size_t bytes = 0, log_bytes = 0;
    for (const Payload& payload : payloads) {
        const auto plain = plain_bytes(payload);
        if (plain.data() == nullptr || plain.size() > most) return false;
        bytes += plain.size();
        log_bytes += memory::record_bytes(plain.size());
    }
    if (!outlet_->admits(next_sequence_, payloads.size(), bytes, log_bytes)) return false;

    Header header = lean_header();
    outlet_->begin(payloads.size(), log_bytes);
    for (const Payload& payload : payloads) {
        header.sequence = next_sequence_++;
        const auto plain = plain_bytes(payload);
        header.payload_size = static_cast<std::uint32_t>(plain.size());
        outlet_->append(header, plain);
    }
    outlet_->commit();
    subscribers = offer_lean(payloads.size(), bytes, header);
    return true;
}

/// A loan: memory of the pool, that readers are only told of.
bool PublisherState::publish_lent(std::span<const std::byte> payload, std::uint32_t& subscribers) {
    constexpr std::size_t log_bytes = memory::record_bytes(transport::Reference::bytes);
    if (payload.size() > options_.message_bytes_max ||
        !outlet_->admits(next_sequence_, 1, payload.size(), log_bytes) ||
        !outlet_->prepare_lent(payload))
        return false;
    for (const LinkPtr& link : links_) link->before_write();
    Header header = lean_header();
    header.sequence = next_sequence_++;
    outlet_->begin(1, log_bytes);
    outlet_->append_prepared(header);
    outlet_->commit();
    subscribers = offer_lean(1, payload.size(), header);
    return true;
}

Header PublisherState::lean_header() const noexcept {
    Header header;
    header.flags = flag_unchecked;
    header.source = options_.source;
    header.timestamp = os::unix_time_ns();
    return header;
}

std::uint32_t PublisherState::offer_lean(std::size_t messages, std::size_t bytes,
                                         const Header& last) {
    counters_.published += messages;
    std::uint32_t subscribers = 0;
    for (const LinkPtr& link : links_)
        if (link->offer_written(messages, bytes, last, true)) ++subscribers;
    if (subscribers == 0) counters_.no_subscriber += messages;
    if (subscribers != links_.size()) retire_closed();
    return subscribers;
}

}  // namespace mycelium::fabric
