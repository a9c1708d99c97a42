// One received message as one line of JSON.
#pragma once

#include <string>
#include <string_view>

#include <mycelium/ext/message.h>

namespace mycelium::cli {

/// {"header":{…},"missed":{…},"fields":{…}} by the publisher's description; without one, or if the
/// bytes do not fit it (then with "error"), "base64" in the place of "fields". `missed` maps
/// reasons to counts. What came through a relay has "origin":{…} behind its header. Without a
/// newline.
std::string json_of_message(const Message& message, std::string_view description);
/// The bytes alone: by description, else as {"base64":"…"}.
std::string json_of_bytes(std::span<const std::byte> bytes, std::string_view description);

/// "queue_full 3, peer_gone 1": what was lost, so not what was not asked for.
std::string reasons_of(const Missed& missed);

}  // namespace mycelium::cli
