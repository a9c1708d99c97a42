// PointerRing: shared_ptr from one thread to one other, through a ring, waiting by spinning: the
// fastest way to hand over an object with its ownership.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace mycelium::bench {

/// One pushes, one pops.
template <class T, std::size_t Capacity = 1024>
class PointerRing {
public:
    /// False: full; `pointer` is untouched.
    bool try_push(std::shared_ptr<T>& pointer) noexcept {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head - known_tail_ >= Capacity) {
            known_tail_ =
                tail_.load(std::memory_order_acquire);  // pairs with the release in try_pop
            if (head - known_tail_ >= Capacity) return false;
        }
        slots_[head % Capacity] = std::move(pointer);
        head_.store(head + 1, std::memory_order_release);
        return true;
    }
    /// False: empty.
    bool try_pop(std::shared_ptr<T>& pointer) noexcept {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail == known_head_) {
            known_head_ =
                head_.load(std::memory_order_acquire);  // pairs with the release in try_push
            if (tail == known_head_) return false;
        }
        pointer = std::move(slots_[tail % Capacity]);
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

private:
    alignas(128) std::atomic<std::uint64_t> head_{0};
    std::uint64_t known_tail_ = 0;  // the pusher's
    alignas(128) std::atomic<std::uint64_t> tail_{0};
    std::uint64_t known_head_ = 0;  // the popper's
    alignas(128) std::array<std::shared_ptr<T>, Capacity> slots_;
};

}  // namespace mycelium::bench
