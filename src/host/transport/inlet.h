// Inlet: the reading end of a link through shared memory: takes records out of a peer's log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

#include "core/wire/sequence.h"
#include "host/memory/log_reader.h"
#include "host/memory/subscription.h"
#include "host/os/shared_memory.h"
#include "host/stream/descriptor_stream.h"
#include "host/transport/borrower.h"

namespace mycelium::transport {

/// One thread at a time, but what hold() answers may be let go of on any.
class Inlet {
public:
    /// Maps what the publisher sent: the subscription, the log and, unless empty, the past. Errors:
    /// malformed, overloaded.
    static Result<std::unique_ptr<Inlet>> open(os::Fd subscription, os::Fd log, os::Fd past,
                                               std::uint64_t message_bytes_max,
                                               std::shared_ptr<stream::DescriptorStream> stream);

    /// Takes up to `limit` records, and answers how many: next() gives each. What the publisher
    /// dropped before them goes to `tracker`. 0: nothing is there now. Errors: malformed,
    /// overloaded.
    Result<std::size_t> take(std::size_t limit, wire::SequenceTracker& tracker);
    /// A record that is ours now, in memory of ours until the next take().
    struct Taken {
        std::span<const std::byte, header_bytes> head;  ///< names its sequence
        std::span<const std::byte> payload;
        bool is_too_large = false;  ///< over message_bytes_max, so it was not copied
    };
    /// The first of those taken, and then each further one.
    Taken next() noexcept {
        const std::byte* const record = space_.data() + given_;
        const std::size_t size =
            base::load_little<std::uint32_t>(record + memory::payload_size_offset);
        const bool is_too_large = size > copied_bytes_max_;
        const std::size_t copied = is_too_large ? 0 : size;
        given_ += memory::LogReader::copied_bytes(copied);
        return {std::span<const std::byte, header_bytes>{record, header_bytes},
                {record + header_bytes, copied},
                is_too_large};
    }
    /// Would take() find something? A look at the memory, no more.
    bool has_more() const noexcept;

    /// The chunks that records of ours refer to.
    Borrower& borrower() noexcept { return borrower_; }
    /// The publisher waits for room, perhaps: tells it that there is more.
    void ring_writer() noexcept { lease_.ring_writer(); }
    /// Do sleepers at either end pay for the order of a ring?
    bool is_fenced() const noexcept { return lease_.is_fenced; }

    /// What the last take() answered stays valid for as long as the caller keeps this.
    std::vector<std::byte> yield_space() noexcept { return std::exchange(space_, {}); }

    memory::SubscriptionReader& subscription() noexcept { return *lease_.subscription; }
    std::uint64_t epoch() const noexcept { return log_.header().epoch; }

private:
    Inlet(std::shared_ptr<Borrower::Lease> lease, os::SharedMemory memory,
          memory::LogReader log) noexcept;

    /// Copies records from `position` on into space_, without believing them. False: there is
    /// nonsense.
    bool copy_records(const memory::LogReader& log, std::size_t limit,
                      std::uint64_t payload_bytes_max, std::uint64_t& position,
                      std::uint64_t& next);
    Result<void> follow(wire::SequenceTracker& tracker);
    void forget_taken() noexcept { taken_ = space_used_ = given_ = 0; }

    Borrower borrower_;
    Borrower::Lease& lease_;  // borrower_'s
    os::SharedMemory memory_;
    memory::LogReader log_;
    std::uint64_t position_;
    std::uint64_t next_;  // the head, as long as the publisher has not moved it
    memory::Drops dropped_{};

    /// Messages from before the log's: a log that ends.
    struct Past {
        os::SharedMemory memory;
        memory::LogReader log;
        std::uint64_t position = 0;
        std::uint64_t next = 0;
    };
    std::optional<Past> past_;
    std::uint64_t past_bytes_max_ = 0;

    std::vector<std::byte> space_;  // what was taken: headers with their payloads
    std::size_t space_used_ = 0;
    std::size_t given_ = 0;  // of it, by next()
    std::size_t taken_ = 0;  // how many
    std::uint64_t copied_bytes_max_ = 0;
};

}  // namespace mycelium::transport
