// Lender: the writing end of memory that is lent over a byte stream by descriptor. Lenders: those
// of one port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

#include "core/wire/hello.h"
#include "host/memory/claims.h"
#include "host/memory/shared_pool.h"
#include "host/memory/subscription.h"
#include "host/os/fd.h"
#include "host/transport/reference.h"

namespace mycelium::transport {

/// One link's, under its port's lock; outlives the link as long as the reader holds something. Of
/// the subscription it uses the head, which the reader moves behind each message whose reference it
/// takes, and the release ring.
class Lender {
public:
    using Segment = std::shared_ptr<const memory::SharedPool::Segment>;

    /// `pidfd`: the reader's process, which nothing is taken back from while it lives. Errors:
    /// overloaded, unsupported.
    static Result<std::shared_ptr<Lender>> create(std::shared_ptr<memory::SharedPool> pool,
                                                  const wire::Hello& reader, const os::Fd& pidfd);

    /// The subscription's: what the reader has to be given first.
    int descriptor() noexcept { return subscription_.memory().fd(); }
    /// What the reader was not told of the pool's segments.
    struct News {
        std::vector<std::uint32_t> gone;
        std::vector<Segment> fresh;
    };
    bool has_news() const noexcept { return !knows_all_ || told_changes_ != pool_->changes(); }
    /// Throws std::bad_alloc. What it answered counts as told. A reader that does not answer is
    /// told of so much, which its notices keep in memory, and of no more.
    News news();
    /// The reader has mapped that segment.
    void mapped(std::uint32_t number) noexcept;

    /// Lends these bytes with message `sequence`, which is larger each time. None: the message has
    /// to carry them, because they do not lie where the reader can see them, or it has not taken as
    /// much as its queue may hold.
    std::optional<Reference> lend(const Payload& payload, std::uint64_t sequence) noexcept;
    /// That message will not be sent.
    void drop(std::uint64_t sequence) noexcept;
    /// Takes back what the reader has released, or left behind.
    void collect() noexcept;
    /// Why the link cannot go on: the reader lies.
    const std::optional<Error>& fault() const noexcept { return fault_; }

    /// The link has ended: what the reader did not take it never will.
    void leave() noexcept;
    /// It has left, and nothing is held of it.
    bool is_over() const noexcept { return has_left_ && holder_.count() == 0; }
    bool has_left() const noexcept { return has_left_; }
    std::size_t loans_held() const noexcept { return holder_.count(); }

private:
    struct Told {
        std::uint32_t number = 0;
        bool is_mapped = false;
    };
    struct Unanswered {
        std::uint32_t number = 0;
        std::uint64_t bytes = 0;
    };
    struct Untaken {
        std::uint64_t sequence = 0;
        std::uint64_t ticket = 0;
        std::uint64_t bytes = 0;
    };
    Lender(std::shared_ptr<memory::SharedPool> pool, memory::SubscriptionWriter subscription,
           const wire::Hello& reader, os::Fd pidfd) noexcept;
    bool is_mapped(std::uint32_t number) const noexcept;
    /// False: too much waits for one.
    bool await_answer(const memory::SharedPool::Segment& segment);
    bool has_room(std::uint64_t bytes) const noexcept;
    /// 0: no memory.
    std::uint64_t claim(memory::SharedPool::Chunk& chunk) noexcept;
    void forget_taken() noexcept;

    const std::shared_ptr<memory::SharedPool> pool_;
    memory::SubscriptionWriter subscription_;
    memory::Claims claims_;
    memory::Claims::Holder holder_;
    const std::uint64_t messages_max_;
    const std::uint64_t bytes_max_;
    os::Fd pidfd_;
    std::vector<Told> told_;
    std::vector<Unanswered> unanswered_;  // of those told, also if they are gone since then
    std::uint64_t unanswered_bytes_ = 0;
    std::uint32_t told_changes_ = 0;
    bool knows_all_ = true;
    std::deque<Untaken> untaken_;  // in order of their sequence
    std::uint64_t untaken_bytes_ = 0;
    std::uint64_t next_ = 0;  // the head may come up to here
    bool has_left_ = false;
    std::optional<Error> fault_;
};

/// Under its port's lock.
class Lenders {
public:
    /// As Lender::create(). overloaded besides: too many readers have left with memory of the
    /// port's.
    Result<std::shared_ptr<Lender>> open(std::shared_ptr<memory::SharedPool> pool,
                                         const wire::Hello& reader, const os::Fd& pidfd);
    /// Of every lender, also those whose links have ended.
    void collect() noexcept;

private:
    std::vector<std::shared_ptr<Lender>> all_;
};

}  // namespace mycelium::transport
