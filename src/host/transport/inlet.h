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
#include <mycelium/limits.h>
#include <mycelium/result.h>

#include "core/wire/sequence.h"
#include "host/memory/log_reader.h"
#include "host/memory/subscription.h"
#include "host/os/shared_memory.h"
#include "host/stream/descriptor_stream.h"
#include "host/transport/borrower.h"
#include "host/transport/trailing.h"

namespace mycelium::transport {

/// One thread at a time, but what hold() answers may be let go of on any.
class Inlet {
public:
    /// Maps what the publisher sent: the subscription, the log and, unless empty, the past. Errors:
    /// malformed, overloaded.
    static Result<std::unique_ptr<Inlet>> open(os::Fd subscription, os::Fd log, os::Fd past,
                                               std::uint64_t message_bytes_max,
                                               std::shared_ptr<stream::DescriptorStream> stream);

    struct Taken {
        std::size_t count = 0;
        /// Each is of this version, without references or extensions, and not too large: what its
        /// header says is all there is to say.
        bool is_plain = true;
    };
    /// Takes as many records as there are, up to slots.size(): their numbers follow each other.
    /// Their headers come as they are (version 0: not even that), their payloads are copies in
    /// memory of ours until the next take(), empty where they are over message_bytes_max; nothing
    /// else of the slots is touched. What the publisher dropped before them goes to `tracker`.
    /// Errors: malformed, overloaded.
    Result<Taken> take(std::span<Message> slots, wire::SequenceTracker& tracker);
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

    memory::SubscriptionReader& subscription() noexcept { return subscription_; }
    std::uint64_t epoch() const noexcept { return place_.log.header().epoch; }

private:
    Inlet(std::shared_ptr<Borrower::Lease> lease, os::SharedMemory memory,
          memory::LogReader log) noexcept;

    /// Where reading goes on, in a log of the peer's.
    struct Place {
        memory::LogReader log;
        std::uint64_t record_bytes_max;  ///< a larger payload is nonsense
        std::uint64_t copied_bytes_max;  ///< a larger one is not wanted
        std::uint64_t position = 0;
        std::uint64_t next = 0;  ///< sequence; 0: any
    };
    /// What is left of space_.
    struct Space {
        std::byte* next;
        std::byte* end;
        bool has(std::size_t bytes) const noexcept {
            return bytes <= static_cast<std::size_t>(end - next);
        }
    };
    /// Copies what is `at` there, before `end`, without believing it, and moves on. False: there is
    /// nonsense.
    bool copy_records(Place& at, std::uint64_t end, std::span<Message> slots, Taken& copied);
    Result<void> follow(wire::SequenceTracker& tracker);

    Borrower borrower_;
    Borrower::Lease& lease_;                    // borrower_'s
    memory::SubscriptionReader& subscription_;  // the lease's
    os::SharedMemory memory_;
    Place place_;  // its `next` is the head, as long as the publisher has not moved it
    memory::Drops dropped_{};
    Trailing trailing_;

    /// Messages from before the log's: a log that ends.
    struct Past {
        os::SharedMemory memory;
        Place place;
    };
    std::optional<Past> past_;
    std::uint64_t message_bytes_max_ = 0;

    std::vector<std::byte> space_;    // payloads of what was taken
    bool is_short_of_space_ = false;  // for all that could have been
};

}  // namespace mycelium::transport
