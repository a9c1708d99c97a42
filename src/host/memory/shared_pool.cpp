#include "host/memory/shared_pool.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "base/prefetch.h"

namespace mycelium::memory {

namespace {

constexpr std::size_t chunk_bytes_min = 4 * KiB;
constexpr std::size_t segment_bytes = 16 * MiB;
// Of large ones: one is read, the next was just published, the third is being written, and what
// comes back is only looked for behind a message. Less, and each loan would wait for it. One that
// is kept keeps its segment, and so up to an eighth of the cap from chunks of other sizes.
constexpr std::size_t chunks_min = 4;

}  // namespace

std::byte* SharedPool::Chunk::data() const noexcept { return segment->memory.data() + offset; }
std::size_t SharedPool::Chunk::size() const noexcept { return segment->chunk_bytes; }

std::size_t SharedPool::chunk_bytes_for(std::size_t size) noexcept {
    if (size <= MiB) return std::bit_ceil(std::max(size, chunk_bytes_min));
    return (size + MiB - 1) / MiB * MiB;
}

Result<SharedPool::Chunk*> SharedPool::take(std::size_t size) {
    if (size > bytes_max_)
        return Error{Errc::overloaded, "a loan of " + std::to_string(size) +
                                           " bytes is over loan_bytes_max, here " +
                                           std::to_string(bytes_max_)};
    const std::size_t chunk_bytes = chunk_bytes_for(size);
    Chunk* chunk = take_free(chunk_bytes, size);
    if (!chunk) {
        MYCELIUM_TRY(grow(chunk_bytes));
        chunk = take_free(chunk_bytes, size);
    }
    // Pages that were touched once stay: a chunk that is lent again costs no fault.
    if (chunk->touched < size) {
        if (auto touched =
                chunk->segment->memory.touch(chunk->offset + chunk->touched, size - chunk->touched);
            !touched) {
            drop_user(*chunk);
            return std::move(touched).error();
        }
        chunk->touched = size;
    }
    return chunk;
}

Result<Loan<Bytes>> SharedPool::lend(std::size_t size) {
    MYCELIUM_TRY_ASSIGN(Chunk* const chunk, take(size));
    try {
        std::shared_ptr<const void> owner{chunk, Owner{shared_from_this(), *chunk}};
        return Loan<Bytes>{{chunk->data(), size}, std::move(owner)};
    } catch (const std::bad_alloc&) {  // the owner has dropped it
        return Error{Errc::overloaded, "no memory"};
    }
}

SharedPool::Owner* SharedPool::sole_owner(const std::shared_ptr<const void>& owner,
                                          std::span<const std::byte> bytes) const noexcept {
    Owner* const found = std::get_deleter<Owner>(owner);
    if (!found || found->pool() != this || owner.use_count() != 1) return nullptr;
    Chunk& chunk = found->chunk();
    if (chunk.users.load(std::memory_order_relaxed) != 1) return nullptr;
#ifndef __SANITIZE_THREAD__  // which knows no fences
    // What those did who shared it is before this, for whoever writes to the chunk next: they have
    // dropped their copies, each with a release, and use_count() is no acquire.
    std::atomic_thread_fence(std::memory_order_acquire);
#endif
    const auto* const begin = chunk.data();
    const bool lies_inside =
        bytes.data() >= begin && bytes.size() <= chunk.size() &&
        bytes.data() - begin <= static_cast<std::ptrdiff_t>(chunk.size() - bytes.size());
    return lies_inside ? found : nullptr;
}

bool SharedPool::has_free(std::size_t size) const noexcept {
    const std::lock_guard guard{lock_};
    const auto shelf = shelves_.find(chunk_bytes_for(size));
    return shelf != shelves_.end() && !shelf->second.free.empty();
}

/// It will be lent soon, and was read on another core: by then its ends are here, or else the next
/// read-modify-write would wait for them.
void SharedPool::expect(const Chunk& chunk, std::size_t size) noexcept {
    if (size == 0 || chunk.touched < size) return;
    base::prefetch_to_write(chunk.data());
    base::prefetch_to_write(chunk.data() + size - 1);
}

/// `size`: of what it is taken for.
SharedPool::Chunk* SharedPool::take_free(std::size_t chunk_bytes, std::size_t size) noexcept {
    const std::lock_guard guard{lock_};
    const auto shelf = shelves_.find(chunk_bytes);
    if (shelf == shelves_.end() || shelf->second.free.empty()) return nullptr;
    Chunk* const chunk = shelf->second.free.back();
    shelf->second.free.pop_back();
    expect(*chunk, size);
    if (!shelf->second.free.empty()) expect(*shelf->second.free.back(), size);
    chunk->users.store(1, std::memory_order_relaxed);
    ++chunk->segment->in_use;
    used_ += chunk_bytes;
    return chunk;
}

void SharedPool::drop_user(Chunk& chunk) noexcept {
    // acq_rel: the last user's looks at the memory happen before the next user's writes. Of a sole
    // user nobody else can change the count.
    if (chunk.users.load(std::memory_order_acquire) == 1)
        chunk.users.store(0, std::memory_order_relaxed);
    else if (chunk.users.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    const std::lock_guard guard{lock_};
    shelves_.find(chunk.size())->second.free.push_back(&chunk);  // grow() made the room
    --chunk.segment->in_use;
    used_ -= chunk.size();
}

Result<void> SharedPool::grow(std::size_t chunk_bytes) {
    std::size_t count = std::max<std::size_t>(1, std::min(segment_bytes, bytes_max_) / chunk_bytes);
    if (count < chunks_min && reserved_bytes() + chunks_min * chunk_bytes <= bytes_max_ / 8)
        count = chunks_min;  // beyond that each has a segment of its own, which goes alone
    const std::size_t bytes = count * chunk_bytes;
    try {
        give_back(bytes_max_ > bytes
                      ? std::min(bytes_max_ - bytes, std::max(reserved_bytes(), kept_bytes_max))
                      : 0);
        if (used_bytes() + bytes > std::max(bytes_max_, bytes) ||
            reserved_bytes() + bytes > std::max(bytes_max_, bytes))
            return Error{Errc::overloaded, "loans of " + std::to_string(used_bytes()) +
                                               " bytes are out, and loan_bytes_max is " +
                                               std::to_string(bytes_max_)};
        MYCELIUM_TRY_ASSIGN(auto memory,
                            os::SharedMemory::create("pool", bytes, os::SharedMemory::Kind::log));
        auto segment = std::make_shared<Segment>(
            Segment{++last_number_, chunk_bytes, std::move(memory), std::vector<Chunk>(count)});
        for (std::size_t i = 0; i < count; ++i) {
            segment->chunks[i].segment = segment.get();
            segment->chunks[i].offset = i * chunk_bytes;
        }
        auto segments = this->segments();
        std::vector<Chunk*> free;
        segments.push_back(segment);
        std::size_t of_this_size = 0;
        for (const auto& one : segments)
            if (one->chunk_bytes == chunk_bytes) of_this_size += one->chunks.size();
        free.reserve(of_this_size);
        std::map<std::size_t, Shelf> fresh;
        fresh[chunk_bytes];
        const std::lock_guard guard{lock_};
        shelves_.merge(fresh);
        Shelf& shelf = shelves_.find(chunk_bytes)->second;
        free.assign(shelf.free.begin(), shelf.free.end());
        for (std::size_t i = count; i-- > 0;) free.push_back(&segment->chunks[i]);
        shelf.free.swap(free);
        segments_.swap(segments);
        reserved_ += bytes;
        changes_.fetch_add(1, std::memory_order_release);
    } catch (const std::bad_alloc&) {
        return Error{Errc::overloaded, "no memory"};
    }
    return {};
}

void SharedPool::give_back(std::size_t reserved_max) {
    std::vector<std::shared_ptr<Segment>> going;  // unmapped after the lock is free again
    going.reserve(segments().size());
    const std::lock_guard guard{lock_};
    for (std::size_t i = 0; i < segments_.size() && reserved_ > reserved_max;) {
        const auto& segment = segments_[i];
        if (segment->in_use != 0) {
            ++i;
            continue;
        }
        std::erase_if(shelves_.find(segment->chunk_bytes)->second.free,
                      [&](const Chunk* chunk) { return chunk->segment == segment.get(); });
        reserved_ -= segment->chunks.size() * segment->chunk_bytes;
        changes_.fetch_add(1, std::memory_order_release);
        going.push_back(segment);
        segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

void SharedPool::expect_next(std::size_t size) const noexcept {
    const std::lock_guard guard{lock_};
    const auto shelf = shelves_.find(chunk_bytes_for(size));
    if (shelf != shelves_.end() && !shelf->second.free.empty())
        expect(*shelf->second.free.back(), size);
}

SharedPool::Chunk* SharedPool::find(std::span<const std::byte> bytes) noexcept {
    const std::lock_guard guard{lock_};
    // The newest first: what is published was lent lately.
    for (auto at = segments_.rbegin(); at != segments_.rend(); ++at) {
        Segment& segment = **at;
        const std::byte* const begin = segment.memory.data();
        if (bytes.data() < begin || bytes.data() >= begin + segment.memory.size()) continue;
        const auto offset = static_cast<std::size_t>(bytes.data() - begin);
        const std::size_t index = offset / segment.chunk_bytes;
        if (index >= segment.chunks.size() ||
            offset % segment.chunk_bytes + bytes.size() > segment.chunk_bytes)
            return nullptr;
        return &segment.chunks[index];
    }
    return nullptr;
}

std::vector<std::shared_ptr<SharedPool::Segment>> SharedPool::segments() const {
    std::size_t count = 0;
    for (;;) {
        std::vector<std::shared_ptr<Segment>> all;
        all.reserve(count);
        const std::lock_guard guard{lock_};
        count = segments_.size();
        if (all.capacity() < count) continue;
        all.assign(segments_.begin(), segments_.end());
        return all;
    }
}

std::size_t SharedPool::reserved_bytes() const noexcept {
    const std::lock_guard guard{lock_};
    return reserved_;
}

std::size_t SharedPool::used_bytes() const noexcept {
    const std::lock_guard guard{lock_};
    return used_;
}

}  // namespace mycelium::memory
