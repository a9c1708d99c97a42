#include "host/transport/inproc_batch.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/copy.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t alignment = 16;
constexpr std::size_t small_bytes_max = 1 * KiB;  // copying as much costs less than sharing it

std::size_t aligned(std::size_t size) noexcept { return (size + alignment - 1) & ~(alignment - 1); }

/// Keeps a payload's owner and a method's text alive together.
struct WithMethod {
    std::shared_ptr<const void> owner;
    std::string method;
};

/// Into the batch: small bytes without an owner. A call's answer outlives the batch.
bool is_copied(const Message& message) noexcept {
    const Payload& payload = message.payload;
    return payload.has_bytes && !payload.owner && payload.bytes.size() <= small_bytes_max &&
           message.call.kind == CallKind::none;
}

/// How much the message keeps alive; of an object of unknown size, more than may be kept together.
std::size_t kept_bytes(const Payload& payload) noexcept {
    if (!payload.object || !payload.owner) return payload.bytes.size();
    if (payload.schema && payload.schema->form == Form::flat) return payload.schema->flat_bytes;
    if (payload.schema && payload.schema->form == Form::tlv)
        return payload.schema->encoded_bytes_max(payload.object);
    return InprocBatch::bytes_max + 1;
}

/// How many of the first ones become one batch.
std::size_t count_together(std::span<const Message> messages) noexcept {
    std::size_t count = 0, bytes = 0;
    for (const Message& message : messages) {
        bytes += kept_bytes(message.payload);
        if (count != 0 && bytes > InprocBatch::bytes_max) break;
        ++count;
    }
    return count;
}

}  // namespace

bool InprocBatch::Item::holds_any(const tlv::TypeSet& types) const noexcept {
    return tlv::holds_any(bytes_, types);
}

void InprocBatch::Item::give(Message& message, bool shares_objects) const noexcept {
    const bool as_object = shares_objects && object_;  // an error is bytes, always
    message.header = header_;
    message.origin = origin_;
    if (call_) message.call = *call_;
    if (as_object) {
        message.payload.object = object_;
        message.payload.schema = schema_;
    } else {
        message.payload.bytes = bytes_;
        message.payload.has_bytes = has_bytes_;
    }
    if (as_object || call_ || bytes_.size() > small_bytes_max) message.payload.owner = owner_;
}

InprocBatch::InprocBatch(std::size_t messages, std::size_t bytes) {
    items_.reserve(messages);
    if (bytes != 0) block_.reset(new std::byte[bytes + messages * (alignment - 1)]);
}

std::shared_ptr<InprocBatch> InprocBatch::make(std::size_t messages, std::size_t bytes) noexcept {
    try {
        return std::make_shared<InprocBatch>(messages, bytes);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

InprocBatches InprocBatch::of(std::span<const Message> messages) noexcept {
    try {
        InprocBatches all;
        while (!messages.empty()) {
            const auto some = messages.first(count_together(messages));
            std::size_t bytes = 0;
            for (const Message& message : some)
                if (is_copied(message)) bytes += message.payload.bytes.size();
            auto batch = std::make_shared<InprocBatch>(some.size(), bytes);
            for (const Message& message : some) batch->add(message);
            all.push_back(std::move(batch));
            messages = messages.subspan(some.size());
        }
        return all;
    } catch (const std::bad_alloc&) {
        return {};
    }
}

std::span<const std::byte> InprocBatch::copied(std::span<const std::byte> payload) noexcept {
    std::byte* const place = block_.get() + block_used_;
    if (!payload.empty()) base::copy(place, payload.data(), payload.size());
    block_used_ += aligned(payload.size());
    return {place, payload.size()};
}

void InprocBatch::count(std::size_t bytes) noexcept {
    bytes_ += bytes;
    largest_ = std::max(largest_, bytes);
}

void InprocBatch::add(const Header& header, const Origin& origin,
                      std::span<const std::byte> payload) {
    Item& item = items_.emplace_back();
    item.header_ = header;
    item.header_.flags |= flag_unchecked;
    item.header_.payload_size = static_cast<std::uint32_t>(payload.size());
    item.origin_ = origin;
    item.bytes_ = copied(payload);
    item.has_bytes_ = true;
    count(payload.size());
}

void InprocBatch::add(const Message& message) {
    const Payload& payload = message.payload;
    Item& item = items_.emplace_back();
    item.header_ = message.header;
    item.header_.flags |= flag_unchecked;
    item.origin_ = message.origin;
    item.object_ = payload.object;
    item.schema_ = payload.schema;
    item.owner_ = payload.owner;
    if (payload.has_bytes) {
        item.header_.payload_size = static_cast<std::uint32_t>(payload.bytes.size());
        item.bytes_ = payload.bytes;
        if (is_copied(message)) {
            item.bytes_ = copied(payload.bytes);
        } else if (!payload.owner) {
            Bytes copy = Bytes::copy_of(payload.bytes);
            item.bytes_ = copy.span();
            item.owner_ = std::move(copy).owner();
        }
        item.has_bytes_ = true;
        count(payload.bytes.size());
    }
    if (message.call.kind == CallKind::none) return;
    item.call_ = std::make_unique<CallInfo>(message.call);
    if (message.call.method.empty()) return;
    const auto both = std::make_shared<WithMethod>(
        WithMethod{std::move(item.owner_), std::string{message.call.method}});
    item.call_->method = both->method;
    item.owner_ = both;
}

}  // namespace mycelium::transport
