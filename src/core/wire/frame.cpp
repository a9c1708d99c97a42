#include "core/wire/frame.h"

#include <mycelium/limits.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/copy.h"
#include "core/wire/header.h"

namespace mycelium::wire {

std::uint64_t payload_bytes_max(const Header& header, std::uint64_t message_bytes_max) noexcept {
    std::uint64_t most = std::min(message_bytes_max, limits::message_bytes_ceiling);
    if ((header.flags & (flag_extended | flag_control)) != 0) most += limits::extension_bytes_max;
    if ((header.flags & flag_control) != 0)
        most = std::max<std::uint64_t>(most, limits::control_bytes_max);
    return std::min(most, limits::message_bytes_ceiling);
}

Result<std::optional<FrameHead>> peek_frame(std::span<const std::byte> received,
                                            std::uint64_t message_bytes_max, std::uint8_t known) {
    if (received.size() < header_bytes) return std::optional<FrameHead>{};
    MYCELIUM_TRY_ASSIGN(const Header header, decode_header(received.first<header_bytes>(), known));
    const std::uint64_t most = payload_bytes_max(header, message_bytes_max);
    if (header.payload_size > most)
        return Error{Errc::malformed, "payload_size at byte 24 is " +
                                          std::to_string(header.payload_size) +
                                          ", over message_bytes_max, here " + std::to_string(most)};
    return std::optional<FrameHead>{
        FrameHead{header, std::uint64_t{header_bytes} + header.payload_size}};
}

FrameCheck::FrameCheck(HeaderView head) noexcept {
    Header header;
    decode_header_raw(head, header);
    is_checked_ = (header.flags & flag_unchecked) == 0;
    told_ = header.checksum;
    found_ = is_checked_ ? checksum_of(head, {}) : 0;
}

void FrameCheck::add(std::span<const std::byte> payload) noexcept {
    if (is_checked_) found_ = checksum_with(found_, payload);
}

Result<void> FrameCheck::finish() const {
    if (told_ == found_) return {};
    return Error{Errc::malformed,
                 is_checked_
                     ? "checksum at byte 28 does not match: the message was damaged on its way"
                     : "checksum at byte 28 of an unchecked message is not 0"};
}

Result<void> verify_frame(HeaderView head, std::span<const std::byte> first,
                          std::span<const std::byte> second) {
    FrameCheck check{head};
    check.add(first);
    check.add(second);
    return check.finish();
}

void encode_frame(Header& header, bool is_checked, std::span<const std::byte> first,
                  std::span<const std::byte> second,
                  std::span<std::byte, header_bytes> out) noexcept {
    header.payload_size = static_cast<std::uint32_t>(first.size() + second.size());
    header.checksum = 0;
    if (!is_checked) {
        header.flags |= flag_unchecked;
        return encode_header(header, out);
    }
    header.flags = static_cast<std::uint8_t>(header.flags & ~flag_unchecked);
    encode_header(header, out);
    header.checksum = checksum_of(out, first, second);
    encode_header(header, out);
}

std::vector<std::byte> control_frame(std::span<const std::byte> payload, std::uint64_t timestamp,
                                     bool is_checked) {
    Header header;
    header.flags = flag_control;
    header.timestamp = timestamp;
    std::vector<std::byte> frame(header_bytes + payload.size());
    encode_frame(header, is_checked, payload, {}, std::span{frame}.first<header_bytes>());
    base::copy(frame.data() + header_bytes, payload.data(), payload.size());
    return frame;
}

Result<std::optional<Frame>> FrameReader::next(std::span<const std::byte>& received) {
    if (refused_) return *refused_;
    auto peeked = peek_frame(received, message_bytes_max_);
    if (!peeked) return refuse(std::move(peeked).error());
    const std::optional<FrameHead>& head = *peeked;
    wanted_ = head ? head->size : header_bytes;
    if (!head || received.size() < head->size) return std::optional<Frame>{};
    const auto payload = received.subspan(header_bytes, head->header.payload_size);
    if (auto verified = verify_frame(received.first<header_bytes>(), payload); !verified)
        return refuse(std::move(verified).error());
    received = received.subspan(static_cast<std::size_t>(head->size));
    position_ += head->size;
    return std::optional<Frame>{Frame{head->header, payload}};
}

Error FrameReader::refuse(Error error) {
    refused_ =
        std::move(error).context("message at byte " + std::to_string(position_) + " of the stream");
    return *refused_;
}

}  // namespace mycelium::wire
