#include "host/memory/block_pool.h"

#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <vector>

#include "host/os/spin_lock.h"

namespace mycelium::memory {

namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t smallest_shift = 12;  // 4 KiB: below that the heap is as good
constexpr std::size_t class_count = 32;

std::size_t class_of(std::size_t size) noexcept {
    const std::size_t shift = std::bit_width(size - 1);
    return shift <= smallest_shift ? 0 : shift - smallest_shift;
}
std::size_t class_bytes(std::size_t index) noexcept {
    return std::size_t{1} << (index + smallest_shift);
}

}  // namespace

/// The free blocks, by power of two. Shared by the pool and every block that is out.
struct BlockPool::Shelf {
    explicit Shelf(std::size_t max) : kept_bytes_max(max) {}
    ~Shelf() {
        for (auto& blocks : free)
            for (void* block : blocks) ::operator delete (block, std::align_val_t{alignment});
    }

    void* take(std::size_t index) noexcept {
        {
            std::lock_guard guard{lock};
            if (!free[index].empty()) {
                void* block = free[index].back();
                free[index].pop_back();
                kept_bytes -= class_bytes(index);
                return block;
            }
        }
        return ::operator new (class_bytes(index), std::align_val_t{alignment}, std::nothrow);
    }

    void give_back(void* block, std::size_t index) noexcept {
        {
            std::lock_guard guard{lock};
            if (kept_bytes + class_bytes(index) <= kept_bytes_max) {
                try {
                    free[index].push_back(block);
                    kept_bytes += class_bytes(index);
                    return;
                } catch (const std::bad_alloc&) {
                    // no memory to remember it by: give it to the heap
                }
            }
        }
        ::operator delete (block, std::align_val_t{alignment});
    }

    os::SpinLock lock;
    std::array<std::vector<void*>, class_count> free;
    std::size_t kept_bytes = 0;
    const std::size_t kept_bytes_max;
};

BlockPool::BlockPool(std::size_t kept_bytes_max)
    : shelf_(std::make_shared<Shelf>(kept_bytes_max)) {}

Loan<Bytes> BlockPool::lend(std::size_t size) noexcept {
    const std::size_t index = class_of(size ? size : 1);
    if (index >= class_count) return {{}, nullptr};
    void* block = shelf_->take(index);
    if (!block) return {{}, nullptr};
    try {
        std::shared_ptr<void> owner{
            block, [shelf = shelf_, index](void* freed) { shelf->give_back(freed, index); }};
        return {{static_cast<std::byte*>(block), size}, std::move(owner)};
    } catch (const std::bad_alloc&) {
        // the shared_ptr constructor has run the deleter
        return {{}, nullptr};
    }
}

}  // namespace mycelium::memory
