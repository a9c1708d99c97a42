#include "core/wire/hello.h"

#include <mycelium/limits.h>
#include <mycelium/msgpack.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/utf8.h"
#include "core/wire/names.h"

namespace mycelium::wire {
namespace {

using msgpack::Builder;
using msgpack::Reader;

void put_type(Builder& out, std::string_view key, const TypeInfo& type) {
    out.string(key);
    out.map(4);
    out.string("form");
    out.string(name_of(type.form));
    out.string("name");
    out.string(type.name);
    out.string("description");
    out.string(type.description);
    out.string("fingerprint");
    out.integer(type.fingerprint);
}

template <class Integer>
void put_integer(Builder& out, std::string_view key, Integer value) {
    out.string(key);
    out.integer(value);
}

/// A text of the peer's that will stand in logs and on terminals.
bool read_name(Reader& in, std::string& name, std::size_t bytes_max) {
    std::string_view text;
    if (!in.string(text)) return false;
    if (text.size() > bytes_max) return in.fail("a name longer than its limit");
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    if (std::any_of(text.begin(), text.end(), is_control))
        return in.fail("a control character in a name");
    name = text;
    return true;
}

template <class Enum>
bool read_enum(Reader& in, Enum& value, std::optional<Enum> (*named)(std::string_view) noexcept,
               const char* reason) {
    std::string_view text;
    if (!in.string(text)) return false;
    const auto found = named(text);
    if (!found) return in.fail(reason);
    value = *found;
    return true;
}

/// Reads a map keyed by name; `take(key, is_known)` reads the value of a key it knows.
template <class Take>
bool read_map(Reader& in, Take take) {
    std::uint32_t pairs = 0;
    if (!in.map(pairs)) return false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view key;
        const bool is_named = in.peek() == msgpack::Kind::string;
        if (is_named ? !in.string(key) : !in.skip()) return false;
        bool is_known = is_named;
        if (is_named && !take(key, is_known)) return false;
        if (!is_known && !in.skip()) return false;
    }
    return true;
}

bool read_description(Reader& in, std::string& description) {
    std::string_view text;
    if (!in.string(text)) return false;
    if (text.size() > limits::description_bytes_max)
        return in.fail("a description longer than description_bytes_max");
    description = text;
    return true;
}

bool read_type(Reader& in, TypeInfo& type) {
    if (in.try_nil()) return true;
    return read_map(in, [&](std::string_view key, bool& is_known) {
        if (key == "form") return read_enum(in, type.form, form_named, "an unknown form");
        if (key == "name") return read_name(in, type.name, limits::node_name_bytes_max);
        if (key == "description") return read_description(in, type.description);
        if (key == "fingerprint") return in.integer(type.fingerprint);
        is_known = false;
        return true;
    });
}

bool read_node_id(Reader& in, std::array<std::uint8_t, 16>& id) {
    std::span<const std::byte> bytes;
    if (!in.binary(bytes)) return false;
    if (bytes.size() != id.size()) return in.fail("a node_id that has not 16 bytes");
    std::transform(bytes.begin(), bytes.end(), id.begin(),
                   [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    return true;
}

bool read_ports(Reader& in, std::vector<std::uint32_t>& ports) {
    std::uint32_t count = 0;
    if (!in.array(count)) return false;
    if (count > limits::ports_per_url_max) return in.fail("more ports than ports_per_url_max");
    ports.resize(count);
    return std::all_of(ports.begin(), ports.end(),
                       [&](std::uint32_t& port) { return in.integer(port); });
}

bool read_types(Reader& in, tlv::TypeSet& types) {
    std::span<const std::byte> bytes;
    if (!in.binary(bytes)) return false;
    for (const std::byte type : bytes) types.add(std::to_integer<std::uint8_t>(type));
    return true;
}

bool read_wish(Reader& in, std::string_view key, Hello& hello, bool& is_known) {
    if (key == "slow") return read_enum(in, hello.slow, slow_reader_named, "an unknown policy");
    if (key == "queue_messages_max") return in.integer(hello.queue_messages_max);
    if (key == "queue_bytes_max") return in.integer(hello.queue_bytes_max);
    if (key == "message_bytes_max") return in.integer(hello.message_bytes_max);
    if (key == "types") return read_types(in, hello.types);
    is_known = false;
    return true;
}

bool read_flag(Reader& in, bool& flag) {
    std::uint64_t number = 0;
    if (!in.integer(number)) return false;
    flag = number != 0;
    return true;
}

bool read_hello(Reader& in, Hello& hello, bool& has_pattern) {
    return read_map(in, [&](std::string_view key, bool& is_known) {
        if (key == "pattern") {
            has_pattern = true;
            return read_enum(in, hello.pattern, pattern_named, "an unknown pattern");
        }
        if (key == "node") return read_name(in, hello.node, limits::node_name_bytes_max);
        if (key == "node_id") return read_node_id(in, hello.node_id);
        if (key == "port") return in.integer(hello.port);
        if (key == "epoch") return in.integer(hello.epoch);
        if (key == "next_sequence") return in.integer(hello.next_sequence);
        if (key == "pid") return in.integer(hello.pid);
        if (key == "type") return read_type(in, hello.type);
        if (key == "answer") return read_type(in, hello.answer);
        if (key == "ports") return read_ports(in, hello.ports);
        if (key == "references") return read_flag(in, hello.references);
        return read_wish(in, key, hello, is_known);
    });
}

bool is_call(Pattern pattern) noexcept {
    return pattern == Pattern::requester || pattern == Pattern::replier;
}

}  // namespace

TypeInfo TypeInfo::of(const Schema& schema) {
    return {schema.form, std::string{schema.name}, std::string{schema.description},
            schema.fingerprint};
}

std::vector<std::byte> encode_hello(const Hello& hello) {
    Builder out;
    const bool has_answer = is_call(hello.pattern);
    const bool has_wishes = hello.pattern == Pattern::subscriber;
    const bool has_types = has_wishes && !hello.types.is_empty();
    out.map(9u + has_answer + (has_wishes ? 4u : 1u) + has_types + hello.references);
    out.string("pattern");
    out.string(name_of(hello.pattern));
    out.string("node");
    out.string(base::valid_utf8(hello.node, limits::node_name_bytes_max));
    out.string("node_id");
    out.binary(std::as_bytes(std::span{hello.node_id}));
    put_integer(out, "port", hello.port);
    put_integer(out, "epoch", hello.epoch);
    put_integer(out, "next_sequence", hello.next_sequence);
    put_integer(out, "pid", hello.pid);
    put_type(out, "type", hello.type);
    if (has_answer) put_type(out, "answer", hello.answer);
    if (has_wishes) {
        out.string("slow");
        out.string(name_of(hello.slow));
        put_integer(out, "queue_messages_max", hello.queue_messages_max);
        put_integer(out, "queue_bytes_max", hello.queue_bytes_max);
    }
    put_integer(out, "message_bytes_max", hello.message_bytes_max);
    if (has_types) {
        const std::vector<std::uint8_t> types = hello.types.to_vector();
        out.string("types");
        out.binary(std::as_bytes(std::span{types}));
    }
    out.string("ports");
    out.array(hello.ports.size());
    for (const std::uint32_t port : hello.ports) out.integer(port);
    if (hello.references) put_integer(out, "references", 1u);
    return out.take();
}

Result<Hello> decode_hello(std::span<const std::byte> bytes) {
    Hello hello;
    Reader in{bytes};
    bool has_pattern = false;
    if (!read_hello(in, hello, has_pattern) || !in.end()) return in.error().context("hello");
    if (!has_pattern) return Error{Errc::malformed, "hello: no pattern"};
    return hello;
}

}  // namespace mycelium::wire
