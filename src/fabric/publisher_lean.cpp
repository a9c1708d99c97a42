// PublisherState: the short ways: of small messages and of loans to links that all read one log,
// and to links that are all within this process. That to streams: publisher_frames.cpp.
#include <algorithm>
#include <array>
#include <type_traits>

#include <mycelium/tlv.h>

#include "core/wire/extension.h"
#include "fabric/publisher_state.h"
#include "host/os/clock.h"
#include "host/transport/inproc_record.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t batch_max = 1024;
constexpr std::size_t copied_bytes_max = transport::InprocRecord::copied_bytes_max;
constexpr std::size_t encoded_bytes_max = 256;
constexpr std::size_t origin_bytes_max = 40;
constexpr std::size_t not_lean = SIZE_MAX;

/// Does it perhaps lie in a chunk of the pool?
bool is_lent(const Payload& payload) noexcept {
    return payload.has_bytes && payload.schema == nullptr && payload.owner &&
           payload.bytes.size() > limits::inline_bytes_max;
}

/// How many bytes it takes in the log, or not_lean. Bytes and FLAT values go there as they are, a
/// small TLV is encoded on the way.
std::size_t size_of(const Payload& payload) noexcept {
    if (payload.has_bytes)
        return payload.schema == nullptr && payload.bytes.data() ? payload.bytes.size() : not_lean;
    const Schema& schema = *payload.schema;
    if (schema.form == Form::flat) return schema.flat_bytes;
    if (schema.form != Form::tlv) return not_lean;
    const std::size_t size = schema.encoded_bytes_max(payload.object);
    return size <= encoded_bytes_max ? size : not_lean;
}
std::size_t size_of(const Message& message) noexcept {
    const bool is_plain = message.call.kind == CallKind::none && message.payload.has_bytes;
    return is_plain ? size_of(message.payload) : not_lean;
}
std::size_t extension_bytes(const Payload&) noexcept { return 0; }
std::size_t extension_bytes(const Message& message) noexcept {
    return message.origin.id == 0 ? 0 : wire::extension_size({}, message.origin);
}

using Space = std::array<std::byte, encoded_bytes_max>;

/// The bytes of an item, in `space` where they have to be encoded; `header` is told what the item
/// says of them.
std::span<const std::byte> bytes_of(const Payload& payload, Header& header, Space& space) noexcept {
    header.relay_domain = 0;  // the one before may have been of a domain
    if (payload.has_bytes) return payload.bytes;
    if (payload.schema->form == Form::flat)
        return {static_cast<const std::byte*>(payload.object), payload.schema->flat_bytes};
    header.relay_domain = tlv::domain_of(payload.schema->tlv_type);
    return {space.data(), payload.schema->encode(payload.object, space.data())};
}
std::span<const std::byte> bytes_of(const Message& message, Header& header, Space&) noexcept {
    header.source = message.header.source;
    header.relay_domain = message.header.relay_domain;
    return message.payload.bytes;
}
std::uint8_t domain_of(const Payload& payload) noexcept {
    return payload.schema && payload.schema->form == Form::tlv
               ? tlv::domain_of(payload.schema->tlv_type)
               : std::uint8_t{0};
}

/// An item as the log takes it.
class LeanItem {
public:
    LeanItem(const Payload& payload, Header& header) noexcept
        : payload_(bytes_of(payload, header, space_)) {}
    LeanItem(const Message& message, Header& header) noexcept
        : payload_(bytes_of(message, header, space_)) {
        header.flags = flag_unchecked;
        if (message.origin.id == 0) return;
        header.flags |= flag_extended;
        extension_bytes_ = wire::plain_origin_bytes;
        if (message.origin.lost == 0)
            wire::encode_plain_origin(message.origin,
                                      std::span{space_}.first<wire::plain_origin_bytes>());
        else
            extension_bytes_ = wire::encode_extension({}, message.origin,
                                                      std::span{space_}.first(origin_bytes_max));
    }
    LeanItem(const LeanItem&) = delete;

    std::span<const std::byte> extension() const noexcept {
        return {space_.data(), extension_bytes_};
    }
    std::span<const std::byte> payload() const noexcept { return payload_; }
    bool is_encoded() const noexcept { return payload_.data() == space_.data(); }
    std::size_t size() const noexcept { return extension_bytes_ + payload_.size(); }

private:
    Space space_;  // an extension, or an encoded value
    std::size_t extension_bytes_ = 0;
    std::span<const std::byte> payload_;
};

/// What it counts for in the queue of a lane, or not_lean: an object that nobody owns has to be
/// shared first, large bytes that nobody owns are copied once for all links.
std::size_t lane_bytes(const Payload& payload, bool shares_objects) noexcept {
    const auto if_small = [](std::size_t size) {
        return size <= copied_bytes_max ? size : not_lean;
    };
    if (payload.object && shares_objects && payload.owner) return 0;
    if (!payload.object || payload.has_bytes) {
        const std::size_t size = size_of(payload);
        return payload.owner ? size : if_small(size);
    }
    if (payload.schema->form == Form::flat)
        return payload.owner ? size_of(payload) : if_small(size_of(payload));
    return shares_objects ? not_lean : if_small(size_of(payload));
}
std::size_t lane_bytes(const Message& message, bool shares_objects) noexcept {
    const bool is_plain = message.call.kind == CallKind::none && message.payload.has_bytes;
    return is_plain ? lane_bytes(message.payload, shares_objects) : not_lean;
}

struct LaneCounts {
    std::size_t shared = 0, encoded = 0;
};
struct LaneWay {
    bool shares_objects;
    bool is_last;  ///< of the links: the owner may go along
};

std::shared_ptr<const void> owner_for(const Payload& payload, bool) { return payload.owner; }
std::shared_ptr<const void> owner_for(Payload& payload, bool is_last) {
    return is_last ? std::move(payload.owner) : payload.owner;
}

/// Payloads that were given away lose their owner.
template <class PayloadOrConst>
void append(transport::Link& link, Header& header, PayloadOrConst& payload, LaneWay way,
            LaneCounts& counts) {
    static constexpr Origin no_origin{};
    static constexpr CallInfo no_call{};
    if (way.shares_objects && payload.object && payload.owner) {
        const void* const object = payload.object;
        header.relay_domain = domain_of(payload);
        ++counts.shared;
        return link.append({header,
                            no_origin,
                            no_call,
                            object,
                            payload.schema,
                            {},
                            false,
                            owner_for(payload, way.is_last)});
    }
    Space space;
    const auto bytes = bytes_of(payload, header, space);
    counts.encoded += bytes.data() == space.data() ? 1 : 0;
    std::shared_ptr<const void> owner;
    if (bytes.size() > transport::InprocRecord::copied_owned_bytes_max)
        owner = owner_for(payload, way.is_last);
    link.append({header, no_origin, no_call, nullptr, nullptr, bytes, true, std::move(owner)});
}
void append(transport::Link& link, Header& header, const Message& message, LaneWay, LaneCounts&) {
    static constexpr CallInfo no_call{};
    header.source = message.header.source;
    header.relay_domain = message.header.relay_domain;
    const Payload& payload = message.payload;
    link.append({header, message.origin, no_call, nullptr, nullptr, payload.bytes, true,
                 payload.bytes.size() > copied_bytes_max ? payload.owner : nullptr});
}

}  // namespace

PublisherState::Lean PublisherState::lean() noexcept {
    if (lean_ != Lean::unknown) return lean_;
    const auto all = [this](auto&& holds) {
        return std::all_of(links_.begin(), links_.end(),
                           [&](const LinkPtr& link) { return !link->closed() && holds(*link); });
    };
    lean_ = Lean::no;
    if (history_max_ != 0 || links_.empty()) return lean_;
    if (outlet_ && paused_.empty() && all([](const auto& link) { return link.is_quiet(); }))
        lean_ = Lean::log;
    if (const auto is_checked = links_.front()->takes_frames();
        is_checked && all([&](const auto& link) { return link.takes_frames() == is_checked; }))
        lean_ = *is_checked ? Lean::checked_frames : Lean::frames;
    if (!all([](const auto& link) { return link.is_lane(); })) return lean_;
    if (all([](const auto& link) { return link.shares_objects(); })) lean_ = Lean::objects;
    if (all([](const auto& link) { return !link.shares_objects(); })) lean_ = Lean::bytes;
    return lean_;
}

template <class Item>
bool PublisherState::publish_lean(std::span<Item> items, std::uint32_t& subscribers) {
    if (items.empty() || items.size() > batch_max) return false;
    switch (lean()) {
        case Lean::log:
            if constexpr (std::is_same_v<std::remove_const_t<Item>, Payload>)
                if (items.size() == 1 && is_lent(items.front()))
                    return publish_lent(items.front(), !std::is_const_v<Item>, subscribers);
            return publish_to_log(std::span<const Item>{items}, subscribers);
        case Lean::objects:
        case Lean::bytes:
            return publish_to_lanes(items, subscribers);
        case Lean::frames:
        case Lean::checked_frames:
            return publish_as_frames(std::span<const Item>{items}, subscribers);
        default:
            return false;
    }
}

template bool PublisherState::publish_lean(std::span<Payload>, std::uint32_t&);
template bool PublisherState::publish_lean(std::span<const Payload>, std::uint32_t&);
template bool PublisherState::publish_lean(std::span<const Message>, std::uint32_t&);

template <class Item>
bool PublisherState::publish_to_lanes(std::span<Item> items, std::uint32_t& subscribers) {
    const bool shares_objects = lean_ == Lean::objects;
    std::size_t bytes = 0;
    for (const Item& item : items) {
        const std::size_t size = lane_bytes(item, shares_objects);
        if (size > options_.message_bytes_max) return false;
        bytes += size;
    }
    for (const LinkPtr& link : links_)
        if (!link->has_room(items.size(), bytes)) return false;

    Header header = lean_header();
    const std::uint64_t first = next_sequence_;
    next_sequence_ += items.size();
    LaneCounts counts;
    bool is_counted = false;
    for (const LinkPtr& link : links_) {
        if (link->closed()) continue;
        is_counted = true;
        header.sequence = first;
        counts = {};
        const bool is_last = &link == &links_.back();
        for (Item& item : items) {
            append(*link, header, item, {shares_objects, is_last}, counts);
            ++header.sequence;
        }
        if (link->commit()) ++subscribers;
    }
    counters_.shared += counts.shared;
    counters_.encoded += counts.encoded;
    count_lean(items.size(), subscribers, is_counted);
    return true;
}

template <class Item>
bool PublisherState::publish_to_log(std::span<const Item> items, std::uint32_t& subscribers) {
    const std::size_t most =
        std::min<std::uint64_t>(limits::inline_bytes_max, options_.message_bytes_max);
    std::size_t bytes = 0, log_bytes = 0;
    for (const Item& item : items) {
        const std::size_t size = size_of(item);
        if (size > most) return false;
        bytes += size;
        log_bytes += memory::record_bytes(extension_bytes(item) + size);
    }
    if (!outlet_->admits(next_sequence_, items.size(), bytes, log_bytes)) return false;

    Header header = lean_header();
    std::uint64_t encoded = 0;
    outlet_->begin(items.size(), log_bytes);
    for (const Item& item : items) {
        header.sequence = next_sequence_++;
        const LeanItem lean{item, header};
        encoded += lean.is_encoded();
        header.payload_size = static_cast<std::uint32_t>(lean.size());
        outlet_->append(header, lean.extension(), lean.payload());
    }
    outlet_->commit();
    counters_.encoded += encoded;
    subscribers = offer_lean(items.size(), bytes, header);
    return true;
}

/// A loan: memory of the pool, that readers are only told of.
bool PublisherState::publish_lent(const Payload& payload, bool is_given,
                                  std::uint32_t& subscribers) {
    constexpr std::size_t log_bytes = memory::record_bytes(transport::Reference::bytes);
    outlet_->expect_append();
    const std::size_t bytes = payload.bytes.size();
    if (bytes > options_.message_bytes_max ||
        !outlet_->admits(next_sequence_, 1, bytes, log_bytes) ||
        !outlet_->prepare_lent(payload, is_given))
        return false;
    for (const LinkPtr& link : links_) link->before_write();
    Header header = lean_header();
    header.sequence = next_sequence_++;
    outlet_->begin(1, log_bytes);
    outlet_->append_prepared(header);
    outlet_->commit();
    subscribers = offer_lean(1, bytes, header);
    outlet_->collect_behind(bytes);
    return true;
}

Header PublisherState::lean_header() noexcept {
    Header header;
    header.flags = flag_unchecked;
    header.source = options_.source;
    header.timestamp = stamps_.now();
    return header;
}

std::uint32_t PublisherState::offer_lean(std::size_t messages, std::size_t bytes,
                                         const Header& last) {
    std::uint32_t subscribers = 0;
    bool is_counted = false;
    for (const LinkPtr& link : links_) {
        is_counted |= !link->closed();
        if (link->offer_written(messages, bytes, last, true)) ++subscribers;
    }
    count_lean(messages, subscribers, is_counted);
    return subscribers;
}

/// `is_counted`: by a link, which says what became of them.
void PublisherState::count_lean(std::size_t messages, std::uint32_t subscribers, bool is_counted) {
    counters_.published += messages;
    if (!is_counted) counters_.no_subscriber += messages;
    if (subscribers != links_.size()) retire_closed();
    if (!demoted_.empty()) tell_who_caught_up();
}

}  // namespace mycelium::fabric
