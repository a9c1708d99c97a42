// Port: where and how it sleeps.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/relax.h"
#include "fabric/port.h"
#include "host/memory/shared_word.h"
#include "host/os/barrier.h"
#include "host/os/clock.h"
#include "host/os/thread.h"

namespace mycelium::fabric {

namespace {

constexpr std::uint64_t bell_key = 0;
/// With more links than this a look at each costs more than a sleep.
constexpr std::size_t looked_at_max = 8;

// A look at memory, with a pause, takes some 30 ns: longer than a round trip in all.
constexpr int looks_max = 150;
constexpr int yields_max = 20;
constexpr int finds_to_gather = 3;
constexpr int gathering_pauses_min = 8;
constexpr int gathering_pauses_max = 64;  // some 2 µs
constexpr Duration long_yield = std::chrono::microseconds{30};
constexpr int waits_without_yields = 500;
constexpr Duration pause_when_short = std::chrono::milliseconds{50};

}  // namespace

Result<void> Port::poll_descriptors() {
    if (poll_set_) return {};
    MYCELIUM_TRY_ASSIGN(auto set, os::PollSet::create());
    MYCELIUM_TRY_ASSIGN(const int bell, bell_->fd());
    MYCELIUM_TRY(set.add(bell, bell_key));
    for (const LinkPtr& link : links_)
        if (link->fd() >= 0) MYCELIUM_TRY(set.add(link->fd(), link->id));
    poll_set_ = std::move(set);
    is_polling_.store(true, std::memory_order_relaxed);
    // From now on the port's caller reads the news of its quiet links; the driver must not be woken
    // for it.
    node_->reactor().post([self = shared_from_this()] {
        std::vector<LinkPtr> links;
        {
            const Holding holding{self->lock_};
            links = self->links_;
        }
        for (const LinkPtr& link : links)
            if (link->is_quiet() && link->watch != 0)
                (void)self->node_->reactor().rewatch(link->watch, self->watched_events(*link));
    });
    return {};
}

bool Port::has_descriptors() const {
    const Holding holding{lock_};
    return poll_set_.has_value();
}

Port::Found Port::look_once(std::uint32_t ticket) {
    Found found = bell_->ticket() != ticket ? Found::something : Found::nothing;
    const Holding holding{lock_};
    // Before any is read: what a look has read is no longer in the socket, and no sleep would end
    // by it. Nor may the first eight be read again and again while the others wait.
    const auto looked = std::count_if(links_.begin(), links_.end(), [](const LinkPtr& link) {
        return link->fd() >= 0 && !link->is_quiet();
    });
    if (static_cast<std::size_t>(looked) > looked_at_max) return Found::too_many_links;
    for (const LinkPtr& link : links_) {
        if (link->fd() < 0) continue;  // rings the bell
        if (link->prefetch()) found = Found::something;
    }
    return found;
}

bool Port::look(std::uint32_t ticket, Instant deadline) {
    Found found = Found::nothing;
    for (Instant now = os::now(); now < deadline && found == Found::nothing; now = os::now()) {
        if (!eagerness_.look_again(static_cast<std::uint64_t>(now.time_since_epoch().count())))
            return false;
        os::yield();
        found = look_once(ticket);
    }
    if (found == Found::something)
        eagerness_.found();
    else
        eagerness_.break_off();
    return found == Found::something;
}

/// Who looks at a line while it is being written takes it from the writer each time. In a stream a
/// reader that stays away for a microsecond finds many messages at once, and both are quicker.
void Port::gather() {
    if (quick_finds_ < finds_to_gather) {
        gathering_pauses_ = gathering_pauses_min;
        return;
    }
    gathering_pauses_ = std::min(gathering_pauses_ * 2, gathering_pauses_max);
    for (int i = 0; i < gathering_pauses_; ++i) base::relax();
}

bool Port::look_within(std::uint32_t ticket) {
    const bool is_for_memory = waiting_ != Waiting::sleep && !poll_set_ && !links_.empty() &&
                               std::all_of(links_.begin(), links_.end(), [](const LinkPtr& link) {
                                   return link->is_quiet() && link->sleep_word() != nullptr;
                               });
    if (!is_for_memory) return false;
    gather();
    for (int looks = 0; looks < looks_max; ++looks) {
        bool is_here = bell_->ticket() != ticket;
        for (const LinkPtr& link : links_) is_here |= link->may_have_more();
        if (is_here) {
            quick_finds_ = looks < 2 ? quick_finds_ + 1 : 0;
            return true;
        }
        base::relax();
    }
    quick_finds_ = 0;
    has_looked_ = true;
    return false;
}

bool Port::look_at_memory(std::uint32_t ticket, Instant deadline) {
    if (waiting_ == Waiting::sleep) return false;
    if (!std::exchange(has_looked_, false) || waiting_ == Waiting::spin) {
        gather();
        for (int looks = 0; looks < looks_max || waiting_ == Waiting::spin; ++looks) {
            if (look_once(ticket) != Found::nothing) {
                quick_finds_ = looks < 2 ? quick_finds_ + 1 : 0;
                return true;
            }
            if (looks % looks_max == looks_max - 1 && os::now() >= deadline) return false;
            base::relax();
        }
        quick_finds_ = 0;
    }
    // Where others want the core, too, a yield costs a turn of theirs, and sleeping gives a better
    // place in the queue.
    if (skip_yields_ > 0) {
        --skip_yields_;
        return false;
    }
    Instant before = os::now();
    for (int yields = 0; yields < yields_max && before < deadline; ++yields) {
        os::yield();
        if (look_once(ticket) != Found::nothing) return true;
        const Instant now = os::now();
        if (now - before > long_yield) {
            skip_yields_ = waits_without_yields;
            break;
        }
        before = now;
    }
    return false;
}

void Port::add_word(const LinkPtr& link, os::SleepWord& word) {
    slept_on_.push_back(link);
    words_.push_back(&word);
}

void Port::mark_words(std::uint32_t how) noexcept {
    // acq_rel: where there is no barrier the peer's ring() is ordered by it.
    for (os::SleepWord* const word : words_) {
        word->exchange(how, std::memory_order_acq_rel);
        memory::shared_store_done();
    }
    if (!words_.empty()) (void)os::barrier_everywhere();
}

void Port::mark_asleep(std::uint32_t how) {
    {
        const Holding holding{lock_};
        for (const LinkPtr& link : links_)
            if (os::SleepWord* const word = link->sleep_word()) add_word(link, *word);
    }
    mark_words(how);
}

void Port::mark_awake() noexcept {
    for (os::SleepWord* const word : words_) memory::put(*word, os::awake);
    slept_on_.clear();
    words_.clear();
}

bool Port::wait_on_words(std::uint32_t ticket, Instant deadline) {
    if (words_.empty() || !can_sleep_on_words()) return bell_->wait(ticket, deadline);
    const auto slept = bell_->wait(ticket, deadline, words_);
    if (slept != os::Slept::unsupported) return slept == os::Slept::woken;
    has_no_waitv_ = true;
    return true;
}

bool Port::sleep_on_words(std::uint32_t ticket, Instant deadline) {
    bool has_quiet_links = false;
    {
        const Holding holding{lock_};
        has_quiet_links = std::any_of(links_.begin(), links_.end(), [](const LinkPtr& link) {
            return link->sleep_word() != nullptr;
        });
    }
    if (!has_quiet_links) return look(ticket, deadline) || bell_->wait(ticket, deadline);
    if (look_at_memory(ticket, deadline)) return true;
    const Duration rest = crowds_.rest(skip_yields_ > 0);
    if (rest != Duration{0} && os::now() + rest < deadline) {
        os::rest(rest);
        return true;
    }
    mark_asleep(os::asleep_in_futex);
    if (!can_sleep_on_words()) {
        mark_awake();
        return sleep_in_poll_instead(ticket, deadline);
    }
    const bool was_woken = look_once(ticket) != Found::nothing || wait_on_words(ticket, deadline);
    mark_awake();
    return was_woken;
}

bool Port::sleep_in_poll_instead(std::uint32_t ticket, Instant deadline) {
    {
        const Holding holding{lock_};
        // Without free descriptors it cannot poll either, for now.
        if (!poll_descriptors())
            return bell_->wait(ticket, std::min(deadline, os::now() + pause_when_short));
    }
    return sleep(ticket, deadline);
}

bool Port::sleep(std::uint32_t ticket, Instant deadline) {
    if (!has_descriptors()) return sleep_on_words(ticket, deadline);
    if (look(ticket, deadline)) return true;

    bell_->announce();
    mark_asleep(os::asleep_in_poll);
    std::array<std::uint64_t, 64> keys;
    Result<std::size_t> count{std::size_t{1}};
    keys[0] = bell_key;
    const bool was_quick = !words_.empty() && look_once(ticket) != Found::nothing;
    if (was_quick)
        count = std::size_t{0};
    else if (bell_->ticket() == ticket)
        count = poll_set_->wait(keys, deadline);
    bell_->withdraw();
    mark_awake();
    const auto ready = std::span{keys}.first(count ? *count : 0);
    // Before the caller looks again; and not if only links are ready, which spares a system call.
    if (std::find(ready.begin(), ready.end(), bell_key) != ready.end()) bell_->quiet();
    const Holding holding{lock_};
    for (const std::uint64_t key : ready)
        for (const LinkPtr& link : links_)
            if (link->id == key) link->mark_readable();
    return was_quick || !ready.empty();
}

void Port::quiet() {
    bell_->quiet();
    if (!is_fd_used_) return;
    bool has_words = false;
    for (const LinkPtr& link : links_) {
        if (!link->is_quiet() || link->closed()) continue;
        link->read_news();
        os::SleepWord* const word = link->sleep_word();
        if (!word) continue;
        word->exchange(os::asleep_in_poll, std::memory_order_acq_rel);
        memory::shared_store_done();
        has_words = true;
    }
    if (has_words) (void)os::barrier_everywhere();
}

void Port::mute(bool is_muted) {
    if (is_muted_ == is_muted || !is_fd_used_) return;
    is_muted_ = is_muted;
    for (const LinkPtr& link : links_) {
        if (link->fd() < 0) continue;
        if (is_muted)
            poll_set_->remove(link->fd());
        else if (auto added = poll_set_->add(link->fd(), link->id); !added)
            link->close(std::move(added).error());
    }
}

int Port::fd() {
    if (node_->is_forked()) return -1;
    const Holding holding{lock_};
    if (!is_fd_used_ && poll_descriptors()) {
        is_fd_used_ = true;
        bell_->announce();
        bell_->ring();  // look once: something may be here already
    }
    return poll_set_ ? poll_set_->fd() : -1;
}

Result<void> Port::wait_for(std::size_t count, Duration timeout) {
    const Instant deadline = after(timeout);
    for (;;) {
        const auto ticket = bell_->ticket();
        MYCELIUM_TRY(check_alive());
        const std::size_t here = peers();
        if (here >= count) return {};
        if (bell_->wait(ticket, deadline)) continue;
        const std::string counted =
            count == 1 ? "" : std::to_string(here) + " of " + std::to_string(count) + " peers: ";
        return Error{Errc::timeout, counted + nobody_there()};
    }
}

}  // namespace mycelium::fabric
