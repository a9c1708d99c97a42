// Every bound of the library, with its unit in its name. Defaults of options are here too.
#pragma once

#include <cstddef>
#include <cstdint>

#include <mycelium/bytes.h>
#include <mycelium/time.h>

namespace mycelium::limits {

// A message: the header's payload_size bounds it to 4 GiB - 64 KiB on every medium.
inline constexpr std::uint64_t message_bytes_ceiling = 4 * std::uint64_t{GiB} - 64 * KiB;
inline constexpr std::uint64_t message_bytes_max =
    64 * MiB;  ///< default of the ports' option of that name
inline constexpr std::size_t control_bytes_max =
    64 * KiB;  ///< a control message that is not a call
inline constexpr std::size_t extension_bytes_max = 1 * KiB;

// Names and descriptions.
inline constexpr std::size_t url_bytes_max = 4096;
inline constexpr std::size_t node_name_bytes_max = 255;
inline constexpr std::size_t method_bytes_max = 255;
inline constexpr std::size_t description_bytes_max = 16 * KiB;
inline constexpr std::size_t error_text_bytes_max = 8 * KiB;

// Codecs.
inline constexpr std::size_t codec_depth_max =
    64;  ///< nesting of MessagePack, JSON and descriptions
inline constexpr std::size_t json_bytes_max = 64 * MiB;
inline constexpr std::size_t tlv_count_max = 1 << 20;  ///< TLVs in one message

// Queues of one subscription, at the publisher.
inline constexpr std::size_t queue_messages_max = 4096;
inline constexpr std::size_t queue_bytes_max = 64 * MiB;
inline constexpr std::size_t history_messages_max = 1 << 20;
inline constexpr Duration block_max = std::chrono::seconds{1};
inline constexpr Duration linger = std::chrono::seconds{1};

// Calls.
inline constexpr std::size_t calls_in_flight_max = 1024;  ///< of one requester
inline constexpr std::size_t requests_held_max =
    1024;  ///< received by one replier, not yet answered

// Links and endpoints.
inline constexpr std::size_t links_per_port_max = 4096;
inline constexpr std::size_t ports_per_url_max = 256;
inline constexpr std::size_t handshakes_pending_max =
    256;  ///< per bound URL; more wait in the kernel
inline constexpr Duration handshake_timeout = std::chrono::seconds{5};
inline constexpr Duration redial_first = std::chrono::milliseconds{10};
inline constexpr Duration redial_last = std::chrono::seconds{1};
inline constexpr std::size_t events_queued_max =
    64;  ///< per port; older ones are dropped and counted

// Shared memory.
inline constexpr std::size_t log_bytes = 16 * MiB;  ///< a publisher's; reserved, touched on use
inline constexpr std::size_t call_log_bytes = 64 * KiB;  ///< one direction of a requester's link
inline constexpr std::size_t inline_bytes_max =
    1 * KiB;  ///< larger payloads lie in chunks of a pool
inline constexpr std::size_t copied_loan_bytes_max =
    64 * KiB;  ///< larger loans pass through unix:// by descriptor
inline constexpr std::size_t loan_bytes_max = 1 * GiB;  ///< all the loans of a port together
inline constexpr std::size_t loans_held_max =
    1024;  ///< of one subscription, on the way to it included

// Batching on sockets.
inline constexpr std::size_t gather_bytes = 32 * KiB;
inline constexpr std::size_t receive_bytes = 64 * KiB;
inline constexpr Duration ack_interval = std::chrono::milliseconds{50};

}  // namespace mycelium::limits
