// Hello: what two ports tell each other before the first message. Format: docs/formats/control.md,
// "Hello".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/result.h>
#include <mycelium/schema.h>

namespace mycelium::wire {

enum class Pattern : std::uint8_t { publisher, subscriber, requester, replier };
std::string_view name_of(Pattern pattern) noexcept;
/// publisher <-> subscriber, requester <-> replier.
Pattern counterpart(Pattern pattern) noexcept;

/// A type as it is told to the peer.
struct TypeInfo {
    Form form = Form::any;
    std::string name;
    std::string description;
    std::uint64_t fingerprint = 0;
    static TypeInfo of(const Schema& schema);
};

struct Hello {
    Pattern pattern = Pattern::publisher;
    std::string node;                        ///< the node's name
    std::array<std::uint8_t, 16> node_id{};  ///< random, of this run of the node
    std::uint32_t port = 0;                  ///< number of the port within the node
    std::uint64_t epoch = 0;                 ///< random, of this port
    std::uint64_t next_sequence = 1;         ///< of a publisher: of the message it publishes next
    std::int64_t pid = 0;
    TypeInfo type;    ///< pub/sub: the message; req/rep: the question
    TypeInfo answer;  ///< req/rep only
    // A subscriber's wishes.
    SlowReader slow = SlowReader::block;
    std::uint64_t queue_messages_max = 0;
    std::uint64_t queue_bytes_max = 0;
    std::uint64_t message_bytes_max = 0;
    tlv::TypeSet types;  ///< that it asks for; empty: all. Told only if there are any
    // Dialling: which port of the URL is meant; empty: the first of the right pattern. Answering:
    // all ports of that pattern at the URL.
    std::vector<std::uint32_t> ports;
    /// A publisher: may lend memory where the link passes descriptors. A subscriber: takes it. Told
    /// only if true.
    bool references = false;
};

/// As a MessagePack map keyed by name; unknown keys are skipped, missing ones keep their default.
std::vector<std::byte> encode_hello(const Hello& hello);
Result<Hello> decode_hello(std::span<const std::byte> bytes);

/// May these two ports be linked? `mismatch` says why not, naming both nodes and the first
/// differing field.
Result<void> compatible(const Hello& ours, const Hello& theirs);

}  // namespace mycelium::wire
