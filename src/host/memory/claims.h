// Claims: who has not released which chunk. Private to the publisher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/memory/shared_pool.h"

namespace mycelium::memory {

/// Each record that refers to a chunk is a claim, named by a ticket, and is a user of the chunk
/// until every holder has released it. One thread at a time.
class Claims {
public:
    /// What one subscription holds. Belongs to one Claims.
    class Holder {
    public:
        std::size_t count() const noexcept { return count_; }

    private:
        friend class Claims;
        std::vector<std::uint64_t> bits_;  // by the claims' indices
        std::size_t count_ = 0;
    };

    explicit Claims(std::shared_ptr<SharedPool> pool) noexcept : pool_(std::move(pool)) {}
    ~Claims();
    Claims(const Claims&) = delete;
    Claims& operator=(const Claims&) = delete;

    /// A new claim on a chunk, whose user it becomes in the caller's place. Never ticket 0. May
    /// throw std::bad_alloc, having done nothing.
    std::uint64_t open(SharedPool::Chunk& chunk);
    /// May throw std::bad_alloc, having done nothing.
    void hold(std::uint64_t ticket, Holder& holder);
    /// As release(), but leaves a claim that nobody holds any more to settle().
    bool forget(std::uint64_t ticket, Holder& holder) noexcept;
    /// After the last hold(): a claim that nobody holds ends.
    void settle(std::uint64_t ticket) noexcept;
    /// False: this holder does not hold that.
    bool release(std::uint64_t ticket, Holder& holder) noexcept;
    void release_all(Holder& holder) noexcept;
    std::size_t size() const noexcept { return open_; }

private:
    struct Claim {
        SharedPool::Chunk* chunk = nullptr;  // null: free
        std::uint32_t generation = 0;
        std::uint32_t holders = 0;
    };
    static std::uint32_t index_of(std::uint64_t ticket) noexcept {
        return static_cast<std::uint32_t>(ticket);
    }
    void end(std::uint32_t index) noexcept;

    const std::shared_ptr<SharedPool> pool_;
    std::vector<Claim> claims_;
    std::vector<std::uint32_t> free_;  // used last, used first again; has room for all
    std::size_t open_ = 0;
};

}  // namespace mycelium::memory
