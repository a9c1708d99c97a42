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

    /// A record that is ours now, in memory of ours until the next take().
    struct Taken {
        std::array<std::byte, header_bytes> head{};
        std::uint64_t sequence = 0;
        std::span<const std::byte> payload;
        bool is_too_large = false;  ///< over message_bytes_max, so it was not copied
    };
    /// Takes up to `limit` records. What the publisher dropped before them goes to `tracker`.
    /// Empty: nothing is there now. Errors: malformed, overloaded.
    Result<std::span<const Taken>> take(std::size_t limit, wire::SequenceTracker& tracker);
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

    std::size_t copy_past(std::size_t limit);
    /// Copies records from `position` on into taken_, without believing them. False: there is
    /// nonsense.
    bool copy_records(const memory::LogReader& log, std::size_t limit,
                      std::uint64_t payload_bytes_max, std::uint64_t copied_bytes_max,
                      std::uint64_t& position, std::uint64_t& next);
    Result<void> follow(wire::SequenceTracker& tracker);
    void forget_taken() noexcept;
    void point_into_space() noexcept;

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

    std::vector<Taken> taken_;
    std::vector<std::byte> space_;  // where taken_'s payloads lie
    std::size_t space_used_ = 0;
};

}  // namespace mycelium::transport
