#include "host/transport/receive_buffer.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/copy.h"
#include "core/wire/header.h"

namespace mycelium::transport {

void ReceiveBuffer::preload(std::span<const std::byte> bytes) {
    base::copy(block_.span().data(), bytes.data(), bytes.size());
    begin_ = 0;
    end_ = bytes.size();
}

Result<void> ReceiveBuffer::begin_large(const wire::FrameHead& head) {
    large_ = pool_.lend(head.header.payload_size);
    if (large_->span().empty()) {
        large_.reset();
        return Error{Errc::overloaded, "no memory for a message of " +
                                           std::to_string(head.header.payload_size) + " bytes"};
    }
    const auto here = unread();
    base::copy(large_head_.data(), here.data(), header_bytes);
    large_filled_ = here.size() - header_bytes;
    base::copy(large_->span().data(), here.data() + header_bytes, large_filled_);
    large_check_.emplace(large_head_).add(large_->span().first(large_filled_));
    begin_ = end_ = 0;
    return {};
}

Result<std::optional<ReceivedFrame>> ReceiveBuffer::finish_large() {
    if (large_filled_ < large_->size()) return std::optional<ReceivedFrame>{};
    ReceivedFrame frame;
    wire::decode_header_raw(large_head_, frame.header);
    MYCELIUM_TRY(large_check_->finish());
    const Bytes payload = std::move(*large_).freeze();
    large_.reset();
    frame.payload = payload.span();
    frame.owner = payload.owner();
    return std::optional{std::move(frame)};
}

Result<std::optional<ReceivedFrame>> ReceiveBuffer::next() {
    if (large_) return finish_large();
    const auto here = unread();
    MYCELIUM_TRY_ASSIGN(const auto head, wire::peek_frame(here, message_bytes_max_, flags_));
    if (!head) return std::optional<ReceivedFrame>{};
    if (here.size() < head->size) {
        if (head->size > block_bytes) MYCELIUM_TRY(begin_large(*head));
        return std::optional<ReceivedFrame>{};
    }
    ReceivedFrame frame{head->header, here.subspan(header_bytes, head->header.payload_size),
                        nullptr};
    if (frame.payload.size() >= lent_bytes_min) {
        frame.owner = block_.owner();
        is_lent_ = true;
    }
    MYCELIUM_TRY(wire::verify_frame(here.first<header_bytes>(), frame.payload));
    begin_ += static_cast<std::size_t>(head->size);
    return std::optional{std::move(frame)};
}

std::size_t ReceiveBuffer::take_plain(std::span<Message> slots, std::uint64_t first) noexcept {
    if (large_) return 0;
    // A larger one is lent, or too large.
    const std::uint64_t most = std::min<std::uint64_t>(message_bytes_max_, lent_bytes_min - 1);
    std::span<const std::byte> here = unread();
    std::size_t count = 0;
    for (; count < slots.size() && here.size() >= header_bytes; ++count) {
        const auto head = here.first<header_bytes>();
        wire::HeaderWords words;
        std::memcpy(words.data(), head.data(), header_bytes);
        const auto size = static_cast<std::uint32_t>(words[3]);
        if (!wire::is_plain(words) || words[1] != first + count || size > most ||
            size > here.size() - header_bytes)
            break;
        const auto payload = here.subspan(header_bytes, size);
        if (!wire::has_right_checksum(words, head, payload)) break;  // next() says so
        wire::decode_header_words(words, slots[count].header);
        slots[count].payload.bytes = payload;
        slots[count].payload.has_bytes = true;
        here = here.subspan(header_bytes + size);
    }
    begin_ = end_ - here.size();
    return count;
}

Loan<Bytes> ReceiveBuffer::new_block() {
    auto block = pool_.lend(block_bytes);
    if (block.span().empty()) throw std::bad_alloc{};
    return block;
}

Loan<Bytes> ReceiveBuffer::renew() {
    auto fresh = new_block();
    const auto rest = unread();
    base::copy(fresh.span().data(), rest.data(), rest.size());
    begin_ = 0;
    end_ = rest.size();
    is_lent_ = false;
    return std::exchange(block_, std::move(fresh));
}

Io ReceiveBuffer::fill(Stream& stream) {
    if (large_) {
        const auto room = large_->span().subspan(large_filled_);
        const Io io = stream.read(room);
        if (io.kind == Io::Kind::done) {
            large_filled_ += io.count;
            large_check_->add(room.first(io.count));
        }
        was_filled_ = io.kind == Io::Kind::done;
        return io;
    }
    if (is_lent_) {
        renew();
    } else if (begin_ != 0) {
        std::memmove(block_.span().data(), block_.span().data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    const auto room = block_.span().subspan(end_);
    const Io io = stream.read(room);
    if (io.kind == Io::Kind::done) end_ += io.count;
    was_filled_ = io.kind == Io::Kind::done && io.count == room.size();
    return io;
}

}  // namespace mycelium::transport
