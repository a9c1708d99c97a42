#include "host/transport/lender.h"

#include <algorithm>
#include <new>
#include <utility>

#include <mycelium/limits.h>

#include "host/os/peer.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t leavers_max = 64;
// Of segments on their way to a reader, which its notices keep in memory when the pool gives them
// back.
constexpr std::uint64_t unanswered_bytes_max = limits::loan_bytes_max / 4;
// A reader that takes something at each attempt to end it may do so this often.
constexpr int attempts_max = 64;

}  // namespace

Result<std::shared_ptr<Lender>> Lender::create(std::shared_ptr<memory::SharedPool> pool,
                                               const wire::Hello& reader, const os::Fd& pidfd) {
    os::Fd own = pidfd.duplicate();
    if (!own) return Error{Errc::overloaded, "no descriptor to watch the reader's process with"};
    // Not under the name of those that account for a whole link.
    MYCELIUM_TRY_ASSIGN(auto subscription, memory::SubscriptionWriter::create({}, "lending"));
    return std::shared_ptr<Lender>{
        new Lender{std::move(pool), std::move(subscription), reader, std::move(own)}};
}

Lender::Lender(std::shared_ptr<memory::SharedPool> pool, memory::SubscriptionWriter subscription,
               const wire::Hello& reader, os::Fd pidfd) noexcept
    : pool_(std::move(pool)),
      subscription_(std::move(subscription)),
      claims_(pool_),
      messages_max_(std::min<std::uint64_t>(reader.queue_messages_max, limits::loans_held_max)),
      bytes_max_(reader.queue_bytes_max),
      pidfd_(std::move(pidfd)) {}

Lender::News Lender::news() {
    News news;
    const std::uint32_t changes = pool_->changes();
    const auto segments = pool_->segments();
    std::vector<Told> told;
    bool is_all = true;
    // The newest first: loans are taken there.
    for (auto at = segments.rbegin(); at != segments.rend(); ++at) {
        const auto& segment = *at;
        // No loan that is worth it lies in chunks as small as that.
        if (segment->chunk_bytes <= limits::copied_loan_bytes_max) continue;
        const bool is_known = std::any_of(told_.begin(), told_.end(), [&](const Told& one) {
            return one.number == segment->number;
        });
        if (!is_known && !await_answer(*segment)) {
            is_all = false;
            continue;
        }
        if (!is_known) news.fresh.push_back(segment);
        told.push_back({segment->number, is_known && is_mapped(segment->number)});
    }
    for (const Told& one : told_) {
        const bool is_there = std::any_of(told.begin(), told.end(), [&](const Told& other) {
            return other.number == one.number;
        });
        if (!is_there) news.gone.push_back(one.number);
    }
    told_ = std::move(told);
    told_changes_ = changes;
    knows_all_ = is_all;
    return news;
}

bool Lender::await_answer(const memory::SharedPool::Segment& segment) {
    const std::uint64_t bytes = segment.memory.size();
    if (!unanswered_.empty() && unanswered_bytes_ + bytes > unanswered_bytes_max) return false;
    unanswered_.push_back({segment.number, bytes});
    unanswered_bytes_ += bytes;
    return true;
}

void Lender::mapped(std::uint32_t number) noexcept {
    for (Told& one : told_)
        if (one.number == number) one.is_mapped = true;
    std::erase_if(unanswered_, [&](const Unanswered& one) {
        if (one.number == number) unanswered_bytes_ -= one.bytes;
        return one.number == number;
    });
}

bool Lender::is_mapped(std::uint32_t number) const noexcept {
    return std::any_of(told_.begin(), told_.end(),
                       [number](const Told& one) { return one.number == number && one.is_mapped; });
}

bool Lender::has_room(std::uint64_t bytes) const noexcept {
    if (holder_.count() >= limits::loans_held_max || untaken_.size() >= messages_max_) return false;
    return untaken_.empty() || untaken_bytes_ + bytes <= bytes_max_;
}

std::optional<Reference> Lender::lend(const Payload& payload, std::uint64_t sequence) noexcept {
    if (has_left_ || !payload.owner || sequence < next_) return std::nullopt;
    const auto bytes = payload.bytes;
    memory::SharedPool::Chunk* const chunk = pool_->find(bytes);
    if (!chunk || !is_mapped(chunk->segment->number)) return std::nullopt;
    collect();
    if (fault_ || !has_room(bytes.size())) return std::nullopt;
    try {
        untaken_.push_back({sequence, 0, bytes.size()});
    } catch (const std::bad_alloc&) {
        return std::nullopt;
    }
    const std::uint64_t ticket = claim(*chunk);
    if (ticket == 0) {
        untaken_.pop_back();
        return std::nullopt;
    }
    untaken_.back().ticket = ticket;
    untaken_bytes_ += bytes.size();
    next_ = sequence + 1;
    const auto offset = static_cast<std::uint64_t>(bytes.data() - chunk->segment->memory.data());
    return Reference{chunk->segment->number, offset, bytes.size(), ticket};
}

std::uint64_t Lender::claim(memory::SharedPool::Chunk& chunk) noexcept {
    pool_->add_user(chunk);
    std::uint64_t ticket = 0;
    try {
        ticket = claims_.open(chunk);
        claims_.hold(ticket, holder_);
        return ticket;
    } catch (const std::bad_alloc&) {
        if (ticket == 0)
            pool_->drop_user(chunk);
        else
            claims_.settle(ticket);
        return 0;
    }
}

void Lender::drop(std::uint64_t sequence) noexcept {
    const auto found =
        std::find_if(untaken_.begin(), untaken_.end(),
                     [sequence](const Untaken& one) { return one.sequence == sequence; });
    if (found == untaken_.end()) return;
    claims_.release(found->ticket, holder_);
    untaken_bytes_ -= found->bytes;
    untaken_.erase(found);
}

void Lender::forget_taken() noexcept {
    const auto head = subscription_.head(next_);
    if (!head) {
        fault_ = Error{Errc::malformed, "the reader moved its head to where it cannot be"};
        return;
    }
    while (!untaken_.empty() && untaken_.front().sequence < *head) {
        untaken_bytes_ -= untaken_.front().bytes;
        untaken_.pop_front();
    }
}

void Lender::collect() noexcept {
    if (!fault_) forget_taken();
    while (!fault_) {
        const auto released = subscription_.next_released();
        if (!released)
            fault_ = released.error();
        else if (!*released)
            break;
        else if (!claims_.release(**released, holder_))
            fault_ = Error{Errc::malformed, "the reader released what it does not hold"};
    }
    if (has_left_ && os::has_ended(pidfd_.get())) claims_.release_all(holder_);
}

void Lender::leave() noexcept {
    if (has_left_) return;
    for (int attempt = 0; attempt < attempts_max && !fault_; ++attempt) {
        forget_taken();
        if (fault_ || untaken_.empty()) break;
        if (!subscription_.drop_to(next_, 0, DropReason::peer_gone)) continue;  // it took one more
        for (const Untaken& one : untaken_) claims_.release(one.ticket, holder_);
        untaken_.clear();
    }
    has_left_ = true;
    subscription_.memory().drop_descriptor();
    collect();
}

Result<std::shared_ptr<Lender>> Lenders::open(std::shared_ptr<memory::SharedPool> pool,
                                              const wire::Hello& reader, const os::Fd& pidfd) {
    const auto leavers =
        std::count_if(all_.begin(), all_.end(), [](const auto& one) { return one->has_left(); });
    if (static_cast<std::size_t>(leavers) >= leavers_max)
        return Error{Errc::overloaded, "too many readers have left with memory of this port's"};
    MYCELIUM_TRY_ASSIGN(auto lender, Lender::create(std::move(pool), reader, pidfd));
    all_.push_back(lender);
    return lender;
}

void Lenders::collect() noexcept {
    for (const auto& lender : all_) lender->collect();
    std::erase_if(all_, [](const auto& lender) { return lender->is_over(); });
}

}  // namespace mycelium::transport
