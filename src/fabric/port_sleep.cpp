// Port: where and how it sleeps.
#include <algorithm>
#include <array>
#include <span>

#include "fabric/port.h"
#include "host/os/clock.h"
#include "host/os/thread.h"

namespace mycelium::fabric {

namespace {

constexpr std::uint64_t bell_key = 0;
/// With more links than this a look at each costs more than a sleep.
constexpr std::size_t looked_at_max = 8;

}  // namespace

Result<void> Port::poll_descriptors() {
    if (poll_set_) return {};
    MYCELIUM_TRY_ASSIGN(auto set, os::PollSet::create());
    MYCELIUM_TRY_ASSIGN(const int bell, bell_->fd());
    MYCELIUM_TRY(set.add(bell, bell_key));
    for (const LinkPtr& link : links_)
        if (link->fd() >= 0) MYCELIUM_TRY(set.add(link->fd(), link->id));
    poll_set_ = std::move(set);
    return {};
}

bool Port::has_descriptors() const {
    const Holding holding{lock_};
    return poll_set_.has_value();
}

Port::Found Port::look_once(std::uint32_t ticket) {
    Found found = bell_->ticket() != ticket ? Found::something : Found::nothing;
    const Holding holding{lock_};
    std::size_t looked = 0;
    for (const LinkPtr& link : links_) {
        if (link->fd() < 0) continue;  // rings the bell
        if (++looked > looked_at_max) return Found::too_many_links;
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

bool Port::sleep(std::uint32_t ticket, Instant deadline) {
    if (!has_descriptors()) return bell_->wait(ticket, deadline);
    if (look(ticket, deadline)) return true;

    bell_->announce();
    std::array<std::uint64_t, 64> keys;
    Result<std::size_t> count{std::size_t{1}};
    keys[0] = bell_key;
    if (bell_->ticket() == ticket) count = poll_set_->wait(keys, deadline);
    bell_->withdraw();
    const auto ready = std::span{keys}.first(count ? *count : 0);
    // Before the caller looks again; and not if only links are ready, which spares a system call.
    if (std::find(ready.begin(), ready.end(), bell_key) != ready.end()) bell_->quiet();
    const Holding holding{lock_};
    for (const std::uint64_t key : ready)
        for (const LinkPtr& link : links_)
            if (link->id == key) link->mark_readable();
    return !ready.empty();
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
