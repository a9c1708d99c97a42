#include "host/memory/subscription.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "host/os/barrier.h"

namespace mycelium::memory {

namespace {

constexpr std::size_t index_of(DropReason reason) noexcept {
    return static_cast<std::size_t>(reason);
}

bool exchange(SharedWord& word, std::uint64_t from, std::uint64_t to) noexcept {
    // acquire: what the other side did before it moved the head happened before what follows here.
    // release: what was copied out, or put into the slot, happened before the head moved.
    constexpr auto order =
        is_weakened(Handover::head) ? std::memory_order_acquire : std::memory_order_acq_rel;
    const bool is_done = word.compare_exchange_strong(from, to, order, std::memory_order_acquire);
    shared_store_done();
    return is_done;
}

}  // namespace

// --- The publisher's end ---

Result<SubscriptionWriter> SubscriptionWriter::create(SubscriptionHeader header,
                                                      const std::string& name) {
    MYCELIUM_TRY_ASSIGN(auto memory,
                        os::SharedMemory::create(name, sizeof(SubscriptionLayout),
                                                 os::SharedMemory::Kind::subscription));
    MYCELIUM_TRY(memory.touch(0, offsetof(SubscriptionLayout, ring)));
    auto* const layout = reinterpret_cast<SubscriptionLayout*>(memory.data());  // zeroes
    header.is_publisher_reachable = os::reachable_by_barriers() ? 1 : 0;
    new (&layout->header) SubscriptionHeader{header};
    layout->head.store(header.begin_sequence, std::memory_order_relaxed);
    layout->slots[0].sequence.store(header.begin_sequence, std::memory_order_relaxed);
    layout->slots[0].position.store(header.begin_position, std::memory_order_relaxed);
    return SubscriptionWriter{std::move(memory)};
}

SubscriptionWriter::SubscriptionWriter(os::SharedMemory memory) noexcept
    : memory_(std::move(memory)),
      layout_(reinterpret_cast<SubscriptionLayout*>(memory_.data())),
      head_(layout_->head.load(std::memory_order_relaxed)) {}

std::optional<std::uint64_t> SubscriptionWriter::head(std::uint64_t next) noexcept {
    const std::uint64_t told = layout_->head.load(std::memory_order_acquire);
    if (told < head_ || told > next) return std::nullopt;
    return head_ = told;
}

bool SubscriptionWriter::drop_to(std::uint64_t sequence, std::uint64_t position,
                                 const Drops& drops) noexcept {
    const std::size_t other = slot_ ^ 1;
    SubscriptionSlot& slot = layout_->slots[other];
    Drops dropped = dropped_;
    for (std::size_t i = 0; i < drop_reason_count; ++i) dropped[i] += drops[i];
    // release: who sees one of these sees that the head had left this slot.
    put(slot.sequence, sequence, std::memory_order_release);
    put(slot.position, position, std::memory_order_release);
    for (std::size_t i = 0; i < drop_reason_count; ++i)
        put(slot.dropped[i], dropped[i], std::memory_order_release);
    if (!exchange(layout_->head, head_, sequence)) return false;
    slot_ = other;
    head_ = sequence;
    dropped_ = dropped;
    return true;
}

const Settled& SubscriptionWriter::settled() noexcept {
    // Words of 32 bits, followed beyond their end. They go on, but for what the reader takes back.
    const auto follow = [](std::uint64_t& known, std::uint64_t told) {
        constexpr std::uint32_t taken_back_max = 1 << 16;
        const auto more = static_cast<std::uint32_t>(told - known);
        const std::uint32_t less = 0u - more;
        if (less != 0 && less <= taken_back_max && less <= known)
            known -= less;
        else
            known += more;
    };
    // Before what is dropped: that says itself from when on it counts.
    const std::uint64_t told = layout_->settled.load(std::memory_order_acquire);
    follow(settled_.finished, told >> 32);
    follow(settled_.delivered, told);
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        const std::uint64_t word = layout_->dropped[i].load(std::memory_order_relaxed);
        const auto begun = static_cast<std::uint32_t>(word >> 32);
        const bool counts =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(told >> 32) - begun) >= 0;
        const auto count = static_cast<std::uint32_t>(word);
        follow(settled_.dropped[i], counts || count == 0 ? count : count - 1);
    }
    return settled_;
}

bool SubscriptionWriter::is_reader_reachable() const noexcept {
    return layout_->is_reader_reachable.load(std::memory_order_relaxed) != 0;
}

Result<std::optional<std::uint64_t>> SubscriptionWriter::next_released() noexcept {
    // acquire: pairs with the release store behind the tickets.
    const std::uint64_t told = layout_->released.load(std::memory_order_acquire);
    if (told == released_) return std::optional<std::uint64_t>{};
    if (told < released_ || told - released_ > release_ring_entries)
        return Error{Errc::malformed, "the subscriber released more than it can hold"};
    const auto ticket =
        layout_->ring[released_ % release_ring_entries].load(std::memory_order_relaxed);
    ++released_;
    return std::optional{ticket};
}

// --- The subscriber's end ---

Result<std::shared_ptr<SubscriptionReader>> SubscriptionReader::open(os::Fd descriptor) {
    MYCELIUM_TRY_ASSIGN(
        auto memory,
        os::SharedMemory::open(std::move(descriptor), os::SharedMemory::Kind::subscription,
                               sizeof(SubscriptionLayout), sizeof(SubscriptionLayout) + 64 * KiB));
    memory.drop_descriptor();
    SubscriptionHeader header;
    copy_out(reinterpret_cast<std::byte*>(&header), memory.data(), sizeof header);
    if (header.magic != subscription_magic || header.version != layout_version ||
        header.ring_entries != release_ring_entries)
        return Error{Errc::malformed, "the subscription segment is not of this version"};
    return std::make_shared<SubscriptionReader>(std::move(memory), header);
}

SubscriptionReader::SubscriptionReader(os::SharedMemory memory,
                                       const SubscriptionHeader& header) noexcept
    : memory_(std::move(memory)),
      layout_(reinterpret_cast<SubscriptionLayout*>(memory_.data())),
      begin_position_(header.begin_position),
      begin_sequence_(header.begin_sequence),
      is_publisher_reachable_(header.is_publisher_reachable != 0) {
    put(layout_->is_reader_reachable, std::uint64_t{os::reachable_by_barriers() ? 1u : 0u});
}

bool SubscriptionReader::take(std::uint64_t from, std::uint64_t to) noexcept {
    return exchange(layout_->head, from, to);
}

std::optional<SubscriptionReader::Place> SubscriptionReader::place(
    std::uint64_t head) const noexcept {
    for (const SubscriptionSlot& slot : layout_->slots) {
        // acquire: pairs with the slot's stores, so that the last look at the head sees what came
        // before them.
        if (slot.sequence.load(std::memory_order_acquire) != head) continue;
        Place place{head, slot.position.load(std::memory_order_acquire), {}};
        for (std::size_t i = 0; i < drop_reason_count; ++i)
            place.dropped[i] = slot.dropped[i].load(std::memory_order_acquire);
        if (this->head() == head) return place;
    }
    return std::nullopt;
}

void SubscriptionReader::drop(DropReason reason) noexcept {
    auto& count = dropped_[index_of(reason)];
    ++count;
    ++finished_;
    put(layout_->dropped[index_of(reason)], std::uint64_t{finished_} << 32 | count);
    // release: who sees that it is done with this one sees why.
    put(layout_->settled, std::uint64_t{finished_} << 32 | delivered_, std::memory_order_release);
}

void SubscriptionReader::reject() noexcept {
    // In two steps: it is taken back, and then dropped.
    --delivered_;
    --finished_;
    tell();
    drop(DropReason::malformed);
}

bool SubscriptionReader::release(std::uint64_t ticket) noexcept {
    if (memory_.data() == nullptr) return false;
    const std::lock_guard guard{release_lock_};
    put(layout_->ring[released_ % release_ring_entries], ticket);
    ++released_;
    // release: the ticket is there before the count says so.
    put(layout_->released, released_, released_by(Handover::release));
    return true;
}

}  // namespace mycelium::memory
