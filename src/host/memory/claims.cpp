#include "host/memory/claims.h"

#include <bit>

namespace mycelium::memory {

Claims::~Claims() {
    for (std::uint32_t i = 0; i < claims_.size(); ++i)
        if (claims_[i].chunk) end(i);
}

std::uint64_t Claims::open(SharedPool::Chunk& chunk) {
    if (free_.empty()) {
        free_.reserve(claims_.size() + 1);
        claims_.emplace_back();
        free_.push_back(static_cast<std::uint32_t>(claims_.size() - 1));
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Claim& claim = claims_[index];
    claim.chunk = &chunk;
    claim.holders = 0;
    if (++claim.generation == 0) ++claim.generation;  // no ticket is 0
    ++open_;
    return std::uint64_t{claim.generation} << 32 | index;
}

void Claims::hold(std::uint64_t ticket, Holder& holder) {
    const std::uint32_t index = index_of(ticket);
    if (holder.bits_.size() * 64 <= index) holder.bits_.resize(index / 64 + 1);
    holder.bits_[index / 64] |= std::uint64_t{1} << index % 64;
    ++holder.count_;
    ++claims_[index].holders;
}

void Claims::settle(std::uint64_t ticket) noexcept {
    if (claims_[index_of(ticket)].holders == 0) end(index_of(ticket));
}

bool Claims::release(std::uint64_t ticket, Holder& holder) noexcept {
    if (!forget(ticket, holder)) return false;
    settle(ticket);
    return true;
}

bool Claims::forget(std::uint64_t ticket, Holder& holder) noexcept {
    const std::uint32_t index = index_of(ticket);
    if (index >= claims_.size() || index / 64 >= holder.bits_.size()) return false;
    const std::uint64_t bit = std::uint64_t{1} << index % 64;
    Claim& claim = claims_[index];
    if ((holder.bits_[index / 64] & bit) == 0 || claim.generation != ticket >> 32) return false;
    holder.bits_[index / 64] &= ~bit;
    --holder.count_;
    --claim.holders;
    return true;
}

void Claims::release_all(Holder& holder) noexcept {
    for (std::size_t word = 0; word < holder.bits_.size(); ++word) {
        while (holder.bits_[word] != 0) {
            const auto index = static_cast<std::uint32_t>(
                word * 64 + static_cast<std::size_t>(std::countr_zero(holder.bits_[word])));
            holder.bits_[word] &= holder.bits_[word] - 1;
            if (--claims_[index].holders == 0) end(index);
        }
    }
    holder.count_ = 0;
}

void Claims::end(std::uint32_t index) noexcept {
    pool_->drop_user(*claims_[index].chunk);
    claims_[index].chunk = nullptr;
    --open_;
    free_.push_back(index);  // open() made the room
}

}  // namespace mycelium::memory
