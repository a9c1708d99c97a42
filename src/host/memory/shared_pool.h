// SharedPool: chunks of memory that other processes read in place.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <mycelium/bytes.h>
#include <mycelium/result.h>

#include "host/os/shared_memory.h"
#include "host/os/spin_lock.h"

namespace mycelium::memory {

/// Segments of sealed shared memory, cut into chunks of one size each. A chunk is free when nobody
/// uses it any more: the loan, values made of it in this process, and each record in a log that
/// refers to it count as users. The chunk freed last is lent first. Grows by segments, up to a cap;
/// gives back whole segments. take() and lend(): one thread at a time; the rest: any.
class SharedPool : public std::enable_shared_from_this<SharedPool> {
public:
    struct Segment;
    struct Chunk {
        Segment* segment = nullptr;
        std::uint64_t offset = 0;   ///< in the segment
        std::uint64_t touched = 0;  ///< bytes that have pages
        std::atomic<std::uint32_t> users{0};
        std::byte* data() const noexcept;
        std::size_t size() const noexcept;
    };
    struct Segment {
        std::uint32_t number = 0;  ///< never used again
        std::size_t chunk_bytes = 0;
        os::SharedMemory memory;
        std::vector<Chunk> chunks;
        std::size_t in_use = 0;  ///< chunks; guarded by the pool
    };

    explicit SharedPool(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// A chunk of at least `size` bytes with one user, the caller. overloaded: the cap, memory or
    /// descriptors.
    Result<Chunk*> take(std::size_t size);
    /// Could take() do without a new segment?
    bool has_free(std::size_t size) const noexcept;
    /// Asks for the ends of the chunk that take() will answer, which others may have read: a loan
    /// of so much will be written soon.
    void expect_next(std::size_t size) const noexcept;
    /// The same as a loan of exactly `size` bytes, whose owner is the user.
    Result<Loan<Bytes>> lend(std::size_t size);
    /// The chunk in which `bytes` lie whole; null: they are somewhere else.
    Chunk* find(std::span<const std::byte> bytes) noexcept;
    /// The owner of a loan of this pool's in which `bytes` lie, if nobody shares it and its chunk
    /// has no other user: its use can become the caller's, to whom it was given.
    class Owner;
    Owner* sole_owner(const std::shared_ptr<const void>& owner,
                      std::span<const std::byte> bytes) const noexcept;
    /// The caller keeps a user from going: of one that has no other the count is nobody else's.
    void add_user(Chunk& chunk) noexcept {
        if (chunk.users.load(std::memory_order_relaxed) == 1)
            chunk.users.store(2, std::memory_order_relaxed);
        else
            chunk.users.fetch_add(1, std::memory_order_relaxed);
    }
    /// The loan's use of its chunk, of which the caller has the other, becomes the caller's, who
    /// keeps the pool.
    void take_over(Owner& owner) noexcept;
    void drop_user(Chunk& chunk) noexcept;

    /// The segments that there are, oldest first.
    std::vector<std::shared_ptr<Segment>> segments() const;
    /// Changes with every segment that comes or goes.
    std::uint32_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }

    std::size_t reserved_bytes() const noexcept;
    std::size_t used_bytes() const noexcept;

private:
    struct Shelf {
        std::vector<Chunk*> free;
    };
    Chunk* take_free(std::size_t chunk_bytes, std::size_t size) noexcept;
    static void expect(const Chunk& chunk, std::size_t size) noexcept;
    Result<void> grow(std::size_t chunk_bytes);
    /// Gives free segments back, the oldest first, until at most `reserved_max` bytes are reserved.
    void give_back(std::size_t reserved_max);
    static std::size_t chunk_bytes_for(std::size_t size) noexcept;

    static constexpr std::size_t kept_bytes_max = 64 * MiB;  ///< free memory that is not given back

    const std::size_t bytes_max_;
    std::atomic<std::uint32_t> changes_{0};
    std::uint32_t last_number_ = 0;  // the taker's
    mutable os::SpinLock lock_;      // guards what follows
    std::vector<std::shared_ptr<Segment>> segments_;
    std::map<std::size_t, Shelf> shelves_;  // by chunk size
    std::size_t reserved_ = 0;              // bytes of all segments
    std::size_t used_ = 0;                  // bytes of chunks that have users
};

/// What a loan's owner does in the end.
class SharedPool::Owner {
public:
    Owner(std::shared_ptr<SharedPool> pool, Chunk& chunk) noexcept
        : pool_(std::move(pool)), chunk_(&chunk) {}
    void operator()(Chunk*) const noexcept {
        if (pool_) pool_->drop_user(*chunk_);
    }
    /// Null: what it used was handed over.
    const SharedPool* pool() const noexcept { return pool_.get(); }
    Chunk& chunk() const noexcept { return *chunk_; }

private:
    friend class SharedPool;
    std::shared_ptr<SharedPool> pool_;
    Chunk* chunk_;
};

inline void SharedPool::take_over(Owner& owner) noexcept {
    owner.chunk_->users.store(1, std::memory_order_relaxed);
    // Now, and not with the owner: that is where the record has just been written, and a
    // read-modify-write would wait there until its line has come from the reader's core.
    owner.pool_.reset();
}

}  // namespace mycelium::memory
