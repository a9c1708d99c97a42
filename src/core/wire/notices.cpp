#include "core/wire/notices.h"

#include <mycelium/msgpack.h>

#include <algorithm>
#include <string>

namespace mycelium::wire {
namespace {

using msgpack::Builder;
using msgpack::Reader;
using Counts = std::array<std::uint64_t, drop_reason_count>;

std::vector<std::byte> notification(std::string_view method, std::span<const std::byte> params) {
    FastMessage message;
    message.type = FastMessage::Type::notification;
    message.method = method;
    if (!params.empty()) {
        message.params = params;
        message.params_inline = true;
    }
    return encode_fast_message(message);
}

void put(Builder& out, std::string_view key, std::uint64_t value) {
    out.string(key);
    out.integer(value);
}

/// Only the reasons that occurred: usually one, or none.
void put(Builder& out, std::string_view key, const Counts& counts) {
    out.string(key);
    out.map(counts.size() - std::count(counts.begin(), counts.end(), 0u));
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] != 0) put(out, mycelium::name_of(static_cast<DropReason>(i)), counts[i]);
}

DropReason reason_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        if (mycelium::name_of(static_cast<DropReason>(i)) == name)
            return static_cast<DropReason>(i);
    return DropReason::disconnected;
}

bool read(Reader& in, std::uint64_t& value) { return in.integer(value); }
bool read(Reader& in, std::uint32_t& value) { return in.integer(value); }

bool read(Reader& in, Counts& counts) {
    std::uint32_t pairs = 0;
    if (!in.map(pairs)) return false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view name;
        std::uint64_t count = 0;
        if (!in.string(name) || !in.integer(count)) return false;
        std::uint64_t& sum = counts[static_cast<std::size_t>(reason_named(name))];
        if (count > UINT64_MAX - sum) return in.fail("counts that overflow");
        sum += count;
    }
    return true;
}

/// One member of a notice: where the value of a key goes.
template <class Value>
struct Member {
    std::string_view key;
    Value& value;
};

/// Reads the value if the key is the member's.
template <class Value>
bool take(Reader& in, std::string_view key, Member<Value> member, bool& is_taken) {
    if (is_taken || key != member.key) return true;
    is_taken = true;
    return read(in, member.value);
}

template <class... Values>
Result<void> read_params(const FastMessage& message, Member<Values>... members) {
    Reader in{message.params.value_or(std::span<const std::byte>{})};
    std::uint32_t pairs = 0;
    bool is_good = in.map(pairs);
    for (std::uint32_t i = 0; is_good && i < pairs; ++i) {
        std::string_view key;
        bool is_taken = false;
        is_good =
            in.string(key) && (take(in, key, members, is_taken) && ...) && (is_taken || in.skip());
    }
    if (is_good && in.end()) return {};
    return in.error().context(message.method);
}

}  // namespace

std::vector<std::byte> encode_ack(const Ack& ack) {
    Builder params;
    params.map(3);
    put(params, "delivered", ack.delivered);
    put(params, "dropped", ack.dropped);
    put(params, "finished", ack.finished);
    return notification(method_ack, params.bytes());
}

std::vector<std::byte> encode_gap(const Gap& gap) {
    Builder params;
    params.map(2);
    put(params, "next_sequence", gap.next_sequence);
    put(params, "reasons", gap.dropped.by_reason);
    return notification(method_gap, params.bytes());
}

std::vector<std::byte> encode_start(const Start& start) {
    Builder params;
    params.map(2);
    put(params, "epoch", start.epoch);
    put(params, "next_sequence", start.next_sequence);
    return notification(method_start, params.bytes());
}

std::vector<std::byte> encode_port_added(const PortAdded& port) {
    Builder params;
    params.map(1);
    put(params, "port", port.port);
    return notification(method_port, params.bytes());
}

std::vector<std::byte> encode_bye() { return notification(method_bye, {}); }

std::vector<std::byte> encode_attach(const Attach& attach) {
    Builder params;
    params.map(3);
    put(params, "epoch", attach.epoch);
    put(params, "next_sequence", attach.next_sequence);
    put(params, "has_past", attach.has_past);
    return notification(method_attach, params.bytes());
}

std::vector<std::byte> encode_segment(const Segment& segment) {
    Builder params;
    params.map(2);
    put(params, "number", segment.number);
    put(params, "bytes", segment.bytes);
    return notification(method_segment, params.bytes());
}

std::vector<std::byte> encode_unmap(const Unmap& unmap) {
    Builder params;
    params.map(1);
    put(params, "number", unmap.number);
    return notification(method_unmap, params.bytes());
}

std::vector<std::byte> encode_lend() { return notification(method_lend, {}); }

std::vector<std::byte> encode_mapped(const Mapped& mapped) {
    Builder params;
    params.map(1);
    put(params, "number", mapped.number);
    return notification(method_mapped, params.bytes());
}

Result<Ack> decode_ack(const FastMessage& message) {
    Ack ack;
    MYCELIUM_TRY(read_params(message, Member<std::uint64_t>{"delivered", ack.delivered},
                             Member<Counts>{"dropped", ack.dropped},
                             Member<std::uint64_t>{"finished", ack.finished}));
    return ack;
}

Result<Gap> decode_gap(const FastMessage& message) {
    Gap gap;
    MYCELIUM_TRY(read_params(message, Member<std::uint64_t>{"next_sequence", gap.next_sequence},
                             Member<Counts>{"reasons", gap.dropped.by_reason}));
    return gap;
}

Result<Start> decode_start(const FastMessage& message) {
    Start start;
    MYCELIUM_TRY(read_params(message, Member<std::uint64_t>{"epoch", start.epoch},
                             Member<std::uint64_t>{"next_sequence", start.next_sequence}));
    return start;
}

Result<PortAdded> decode_port_added(const FastMessage& message) {
    PortAdded port;
    MYCELIUM_TRY(read_params(message, Member<std::uint32_t>{"port", port.port}));
    return port;
}

Result<Attach> decode_attach(const FastMessage& message) {
    Attach attach;
    MYCELIUM_TRY(read_params(message, Member<std::uint64_t>{"epoch", attach.epoch},
                             Member<std::uint64_t>{"next_sequence", attach.next_sequence},
                             Member<std::uint32_t>{"has_past", attach.has_past}));
    return attach;
}

Result<Segment> decode_segment(const FastMessage& message) {
    Segment segment;
    MYCELIUM_TRY(read_params(message, Member<std::uint32_t>{"number", segment.number},
                             Member<std::uint64_t>{"bytes", segment.bytes}));
    return segment;
}

Result<Unmap> decode_unmap(const FastMessage& message) {
    Unmap unmap;
    MYCELIUM_TRY(read_params(message, Member<std::uint32_t>{"number", unmap.number}));
    return unmap;
}

Result<Mapped> decode_mapped(const FastMessage& message) {
    Mapped mapped;
    MYCELIUM_TRY(read_params(message, Member<std::uint32_t>{"number", mapped.number}));
    return mapped;
}

}  // namespace mycelium::wire
