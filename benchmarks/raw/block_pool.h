// BlockPool: messages to hand over by pointer, used again when their last reader has let go of
// them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/stamp.h"

namespace mycelium::bench {

/// Written once, so that no page of it is new to the processor.
struct Block {
    explicit Block(std::size_t size) : bytes(size, std::byte{'x'}) {}
    std::vector<std::byte> bytes;
};

/// From this size on a message is one that fits the processor's caches only a few times.
inline constexpr std::size_t large_bytes = 64 * 1024;
/// How many large blocks a pool has: more than ever wait to be received, of which there are half as
/// many.
constexpr std::size_t large_blocks_of(std::size_t block_bytes) noexcept {
    return std::clamp<std::size_t>((64u << 20) / block_bytes, 8, 32);
}

/// One thread takes; any may let go.
class BlockPool {
public:
    explicit BlockPool(std::size_t block_bytes)
        : is_large_(block_bytes >= large_bytes),
          blocks_(is_large_ ? large_blocks_of(block_bytes)
                            : std::clamp<std::size_t>((32u << 20) / block_bytes, 512, 2048)) {
        for (auto& block : blocks_) block = std::make_shared<Block>(block_bytes);
    }
    /// A free block with `number` stamped on it; calls `idle` while there is none.
    template <class Idle>
    std::shared_ptr<Block> take(std::uint64_t number, Idle&& idle) {
        // A large one is taken from the front, so that the one that was just free is used again
        // while it is in the cache; small ones in turn, so that the search never takes long.
        if (is_large_) next_ = 0;
        for (;;) {
            const std::shared_ptr<Block>& block = blocks_[next_];
            next_ = next_ + 1 == blocks_.size() ? 0 : next_ + 1;
            if (block.use_count() != 1) {
                if (next_ == 0 || !is_large_) idle();
                continue;
            }
            std::atomic_thread_fence(
                std::memory_order_acquire);  // pairs with the last reader's release
            stamp(block->bytes, number);
            return block;
        }
    }

private:
    bool is_large_;
    std::vector<std::shared_ptr<Block>> blocks_;
    std::size_t next_ = 0;
};

}  // namespace mycelium::bench
