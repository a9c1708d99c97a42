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
constexpr Duration pause_when_short = std::chrono::milliseconds{50};
constexpr std::uint32_t asks_between_turns = 64;

/// A look at several links takes as long as as many at one.
int looks_at(std::size_t links) noexcept {
    constexpr std::size_t looks_min = 4;
    return static_cast<int>(std::max(looks_max / std::max<std::size_t>(links, 1), looks_min));
}

void stay_away(Instant until) noexcept {
    while (os::now() < until) base::relax();
}

/// Heard by those who ring for each message, while it lives.
class Listening {
public:
    Listening(os::Doorbell& bell, bool is_needed) : bell_(is_needed ? &bell : nullptr) {
        if (bell_) bell_->listen();
    }
    ~Listening() {
        if (bell_) bell_->stop_listening();
    }
    Listening(const Listening&) = delete;
    bool is_needed() const noexcept { return bell_ != nullptr; }

private:
    os::Doorbell* const bell_;
};

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
    // What a look has read is no longer in the socket, and no sleep would end by it. So they are
    // counted before any is read; nor may the first ones be read again and again while the others
    // wait.
    const auto streams = std::count_if(links_.begin(), links_.end(), [](const LinkPtr& link) {
        return link->fd() >= 0 && !link->is_quiet();
    });
    const bool are_too_many = static_cast<std::size_t>(streams) > looked_at_max;
    for (const LinkPtr& link : links_) {
        if (link->is_lane()) {
            if (link->may_have_more()) found = Found::something;
            continue;
        }
        if (link->fd() < 0) continue;  // rings the bell
        if (are_too_many && !link->is_quiet()) continue;
        if (link->prefetch()) found = Found::something;
    }
    return found == Found::nothing && are_too_many ? Found::too_many_links : found;
}

void Port::mark_streams_in_turn() noexcept {
    if (++asks_ % asks_between_turns != 0) return;
    for (const LinkPtr& link : links_)
        if (link->fd() >= 0 && !link->is_quiet()) link->mark_readable();
}

bool Port::look(std::uint32_t ticket, Instant deadline) {
    Found found = Found::nothing;
    const Instant begin = os::now();
    Instant now = begin;
    int looks = 0;
    for (; now < deadline && found == Found::nothing; now = os::now()) {
        if (!eagerness_.look_again(static_cast<std::uint64_t>(now.time_since_epoch().count())))
            return false;
        if (const std::uint64_t pause = foresight_.pause_ns(looks); pause != 0)
            stay_away(now + Duration{pause});
        else
            os::yield();
        found = look_once(ticket);
        ++looks;
    }
    if (found == Found::something) {
        foresight_.found(looks, static_cast<std::uint64_t>((now - begin).count()));
        eagerness_.found();
    } else {
        eagerness_.break_off();
    }
    return found == Found::something;
}

// The loop stands here and in look_within(): with one for both a round trip within a process took a
// third longer, or a stream through shared memory a twentieth.
bool Port::look_at_lanes(std::uint32_t ticket) {
    for (int pauses = gathering_.pauses(); pauses > 0; --pauses) base::relax();
    for (int looks = 0; looks < looks_at(links_.size()); ++looks) {
        bool is_here = bell_->ticket() != ticket;
        for (const LinkPtr& link : links_) is_here |= link->may_have_more();
        if (is_here) {
            gathering_.found_after(looks);
            return true;
        }
        base::relax();
    }
    gathering_.found_nothing();
    has_looked_ = true;
    return false;
}

bool Port::look_within(std::uint32_t ticket) {
    const bool has_only_lanes = waiting_ != Waiting::sleep && !poll_set_ && !links_.empty() &&
                                std::all_of(links_.begin(), links_.end(),
                                            [](const LinkPtr& link) { return link->is_lane(); });
    if (has_only_lanes) return look_at_lanes(ticket);
    const bool is_for_memory =
        waiting_ != Waiting::sleep && !poll_set_ && !links_.empty() &&
        std::all_of(links_.begin(), links_.end(), [](const LinkPtr& link) {
            return link->is_lane() || (link->is_quiet() && link->sleep_word() != nullptr);
        });
    if (!is_for_memory) return false;
    for (int looks = 0; looks < looks_at(links_.size()); ++looks) {
        bool is_here = bell_->ticket() != ticket;
        for (const LinkPtr& link : links_) is_here |= link->may_have_more();
        if (is_here) return true;
        base::relax();
    }
    has_looked_ = true;
    return false;
}

bool Port::look_closely(std::uint32_t ticket, Instant deadline) {
    if (waiting_ == Waiting::sleep) return false;
    if (std::exchange(has_looked_, false) && waiting_ != Waiting::spin) return false;
    const bool is_endless = waiting_ == Waiting::spin;
    const int most = looks_at(peers());
    for (int looks = 0; looks < most || is_endless; ++looks) {
        const Found found = look_once(ticket);
        if (found == Found::something) return true;
        if (found == Found::too_many_links) return false;  // a sleep alone looks at them all
        if (looks % most == most - 1 && os::now() >= deadline) return false;
        base::relax();
    }
    return false;
}

bool Port::look_at_memory(std::uint32_t ticket, Instant deadline) {
    if (waiting_ == Waiting::sleep) return false;
    if (look_closely(ticket, deadline)) return true;
    return waiting_ != Waiting::spin && look(ticket, deadline);
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

bool Port::sleep_at_bell(std::uint32_t ticket, Instant deadline, bool has_lanes) {
    if (has_lanes && look_closely(ticket, deadline)) return true;
    if (look(ticket, deadline)) return true;
    const Listening listening{*bell_, has_lanes};
    return (has_lanes && look_once(ticket) == Found::something) || bell_->wait(ticket, deadline);
}

bool Port::has_lanes() const {
    const Holding holding{lock_};
    return std::any_of(links_.begin(), links_.end(),
                       [](const LinkPtr& link) { return link->is_lane(); });
}

bool Port::sleep_on_words(std::uint32_t ticket, Instant deadline) {
    bool has_quiet_links = false;
    {
        const Holding holding{lock_};
        has_quiet_links = std::any_of(links_.begin(), links_.end(), [](const LinkPtr& link) {
            return link->sleep_word() != nullptr;
        });
    }
    const bool hears_lanes = has_lanes();
    if (!has_quiet_links) return sleep_at_bell(ticket, deadline, hears_lanes);
    if (look_at_memory(ticket, deadline)) return true;
    const Duration rest = crowds_.rest(eagerness_.is_core_wanted());
    if (rest != Duration{0} && os::now() + rest < deadline) {
        os::rest(rest);
        return true;
    }
    const Listening listening{*bell_, hears_lanes};
    mark_asleep(os::asleep_in_futex);
    if (!can_sleep_on_words()) {
        mark_awake();
        return sleep_in_poll_instead(ticket, deadline);
    }
    const auto has_come = [&] { return look_once(ticket) == Found::something; };
    const auto wait = [&](Instant until) { return wait_on_words(ticket, until); };
    const bool was_woken =
        has_come() || os::wait_looking_again(has_words(), deadline, has_come, wait);
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
    const Listening listening{*bell_, has_lanes()};
    mark_asleep(os::asleep_in_poll);
    std::array<std::uint64_t, 64> keys;
    Result<std::size_t> count{std::size_t{0}};
    const auto has_come = [&] { return look_once(ticket) == Found::something; };
    const auto wait = [&](Instant until) {
        keys[0] = bell_key;
        count = bell_->ticket() != ticket ? std::size_t{1} : poll_set_->wait(keys, until);
        return count && *count != 0;
    };
    const bool may_have_come = !words_.empty() || listening.is_needed();
    const bool was_woken = (may_have_come && has_come()) ||
                           os::wait_looking_again(has_words(), deadline, has_come, wait);
    bell_->withdraw();
    mark_awake();
    const auto ready = std::span{keys}.first(count ? *count : 0);
    // Before the caller looks again; and not if only links are ready, which spares a system call.
    if (std::find(ready.begin(), ready.end(), bell_key) != ready.end()) bell_->quiet();
    const Holding holding{lock_};
    for (const std::uint64_t key : ready)
        for (const LinkPtr& link : links_)
            if (link->id == key) link->mark_readable();
    return was_woken;
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
    if (!has_words) return;
    (void)os::barrier_everywhere();
    want_second_look();
}

void Port::want_second_look() {
    ++second_looks_wanted_;
    if (!is_second_look_due_) plan_second_look();
}

void Port::plan_second_look() {
    const std::function<void()> look_later = [weak = weak_from_this(),
                                              wanted = second_looks_wanted_] {
        const auto port = weak.lock();
        if (!port) return;
        port->node_->reactor().at(os::now() + os::second_look_after, [weak, wanted] {
            if (const auto self = weak.lock()) self->take_second_look(wanted);
        });
    };
    is_second_look_due_ = node_->reactor().post(look_later);
}

void Port::take_second_look(std::uint64_t wanted) {
    const Holding holding{lock_};
    if (wanted != second_looks_wanted_) return plan_second_look();
    for (const LinkPtr& link : links_)
        if (link->is_quiet() && link->queued_bytes() != 0) link->send_now();
    const bool has_come = std::any_of(links_.begin(), links_.end(),
                                      [](const LinkPtr& link) { return link->may_have_more(); });
    if (has_come) bell_->ring();
    // What send_now() has wanted meanwhile is this look.
    is_second_look_due_ = false;
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
        bell_->listen();
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
