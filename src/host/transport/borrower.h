// Borrower: the reading end of memory that a publisher lends: its segments, and what of them is
// held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include <mycelium/bytes.h>
#include <mycelium/result.h>
#include <mycelium/schema.h>

#include "host/memory/block_pool.h"
#include "host/memory/subscription.h"
#include "host/os/shared_memory.h"
#include "host/stream/descriptor_stream.h"
#include "host/transport/reference.h"

namespace mycelium::transport {

/// One link's. One thread at a time, but what hold() answers may be let go of on any, also when the
/// link has ended.
class Borrower {
public:
    /// What samples need to be released.
    struct Lease {
        std::shared_ptr<memory::SubscriptionReader> subscription;
        std::shared_ptr<stream::DescriptorStream> stream;  ///< null: the publisher does not poll
        bool is_fenced = false;  ///< do sleepers at either end pay for the order of a ring?

        /// The publisher waits for room, perhaps: tells it that there is more.
        void ring_writer() noexcept {
            const os::Wake woken = os::ring(subscription->writer_sleeps(), is_fenced);
            if (woken == os::Wake::nobody) return;
            memory::shared_store_done();
            if (woken == os::Wake::by_socket && stream) stream->ring();
        }
        void release(std::uint64_t ticket) noexcept;
    };

    explicit Borrower(std::shared_ptr<Lease> lease) noexcept : lease_(std::move(lease)) {}
    /// With a subscription that is used for nothing else. Errors: malformed, overloaded.
    static Result<std::unique_ptr<Borrower>> open(os::Fd subscription);

    /// The publisher has one more segment. Errors: malformed, overloaded.
    Result<void> add_segment(std::uint32_t number, std::size_t bytes, os::Fd descriptor);
    void remove_segment(std::uint32_t number) noexcept;
    bool has_segment(std::uint32_t number) const noexcept { return segments_.count(number) != 0; }
    /// The bytes that a message of ours refers to, with an owner who releases them. Errors:
    /// malformed.
    Result<Bytes> hold(const Reference& reference) const;
    /// The same of message `sequence`, which is not ours yet. Errors: malformed; unavailable: the
    /// publisher has ended the link.
    Result<Bytes> take(const Reference& reference, std::uint64_t sequence);

    Lease& lease() const noexcept { return *lease_; }

private:
    /// What a sample keeps: its memory, and what it needs to be released.
    struct Segment {
        os::SharedMemory memory;
        std::shared_ptr<Lease> lease;
    };

    const std::shared_ptr<Lease> lease_;
    std::map<std::uint32_t, std::shared_ptr<const Segment>> segments_;
    std::size_t segment_bytes_ = 0;  // of all of them
    std::uint64_t taken_ = 0;        // take(): everything before this message
};

/// What a reader of type `ours` may be given of bytes that another process could still change: a
/// parser looks at a byte more than once, so what is parsed is copied first. Errors: overloaded.
Result<Bytes> fit_to_read(Bytes bytes, Form ours, Form theirs, memory::BlockPool& pool);

}  // namespace mycelium::transport
