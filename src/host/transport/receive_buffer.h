// ReceiveBuffer: bytes of one stream, cut into whole messages; large payloads are read straight
// into their own block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <mycelium/ext/message.h>
#include <mycelium/ext/stream.h>
#include <mycelium/limits.h>
#include <mycelium/result.h>

#include "core/wire/frame.h"
#include "host/memory/block_pool.h"

namespace mycelium::transport {

/// One frame; without an owner its payload is there until the next fill().
struct ReceivedFrame {
    Header header;
    std::span<const std::byte> payload;
    std::shared_ptr<const void> owner;
};

/// One thread at a time.
class ReceiveBuffer {
public:
    /// Payloads of this size and more are lent with the memory that they were read into, which is
    /// about twice as large at most.
    static constexpr std::size_t lent_bytes_min = 32 * KiB;

    /// Throws std::bad_alloc, as fill() and renew() do.
    ReceiveBuffer(memory::BlockPool& pool, std::uint64_t message_bytes_max)
        : pool_(pool), message_bytes_max_(message_bytes_max), block_(new_block()) {}

    /// Messages may say where their payload lies instead of carrying it.
    void expect_references() noexcept { flags_ |= flag_referenced; }
    /// Nothing is here that next() has not handed out.
    bool is_empty() const noexcept { return !large_ && begin_ == end_; }
    /// Bytes that were read before this buffer was made; at most receive_bytes.
    void preload(std::span<const std::byte> bytes);
    /// The next whole message among what was read. Empty: fill() first. malformed: the stream is
    /// broken.
    Result<std::optional<ReceivedFrame>> next();
    /// Takes the publications at the front that have no extension and are numbered from `first` on
    /// without a gap, are sound, and whole; as many as there are slots for. Of a slot the header
    /// and the payload's bytes are written, which are there until the next fill(). Returns how
    /// many.
    std::size_t take_plain(std::span<Message> slots, std::uint64_t first) noexcept;
    /// Goes on in new memory and returns the old, to which payloads without an owner refer.
    Loan<Bytes> renew();
    /// One read of the stream. Invalidates payloads without an owner.
    Io fill(Stream& stream);
    /// The last read brought as much as there was room for.
    bool was_filled() const noexcept { return was_filled_; }

private:
    /// A payload of receive_bytes with all that comes before it.
    static constexpr std::size_t block_bytes =
        limits::receive_bytes + header_bytes + limits::extension_bytes_max;

    Loan<Bytes> new_block();
    Result<void> begin_large(const wire::FrameHead& head);
    Result<std::optional<ReceivedFrame>> finish_large();
    std::span<const std::byte> unread() noexcept {
        return block_.span().subspan(begin_, end_ - begin_);
    }

    memory::BlockPool& pool_;
    std::uint64_t message_bytes_max_;
    std::uint8_t flags_ = wire::stream_flags;  // that messages may have
    Loan<Bytes> block_;
    bool is_lent_ = false;  // some payload with an owner refers to block_
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool was_filled_ = false;
    // A payload that does not fit the buffer, while it arrives.
    std::optional<Loan<Bytes>> large_;
    std::array<std::byte, header_bytes> large_head_{};
    std::size_t large_filled_ = 0;
    std::optional<wire::FrameCheck> large_check_;
};

}  // namespace mycelium::transport
