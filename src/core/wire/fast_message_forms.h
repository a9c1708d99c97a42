// The two written forms of a FastMessage, and what they share. For fast_message*.cpp alone.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

#include "core/wire/fast_message.h"

namespace mycelium::wire {

std::vector<std::byte> encode_fast_msgpack(const FastMessage& message);
Result<FastMessage> decode_fast_msgpack(std::span<const std::byte> payload);
std::vector<std::byte> encode_fast_json(const FastMessage& message);
Result<FastMessage> decode_fast_json(std::span<const std::byte> payload);

std::string_view name_of(FastMessage::Type type) noexcept;
std::optional<FastMessage::Type> fast_message_type_named(std::string_view name) noexcept;

/// What every FastMessage must satisfy, whichever form it came in.
Result<void> check_fast_message(const FastMessage& message);

}  // namespace mycelium::wire
