#include "host/transport/inproc_place.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <typeinfo>
#include <utility>

#include "host/os/clock.h"

namespace mycelium::transport {

namespace {

bool is_same_type(const Schema& a, const Schema& b) noexcept {
    return a.type && b.type && *a.type == *b.type && a.form == b.form &&
           a.fingerprint == b.fingerprint && a.form != Form::any && a.form != Form::bytes;
}

/// A type without a wire form crosses only to a port of the very same type.
Result<void> check_local(const Schema& ours, const Schema& theirs) {
    for (const Schema* schema : {&ours, &theirs})
        if (schema->form == Form::local && !is_same_type(ours, theirs))
            return Error{Errc::mismatch,
                         "the type " + std::string{schema->name} +
                             " has no wire form, so both ends must have it; the other end has " +
                             std::string{(schema == &ours ? theirs : ours).name}};
    return {};
}

}  // namespace

Result<void> InprocPlace::bind(const Surroundings& around) {
    std::lock_guard guard{mutex_};
    if (is_bound_)
        return Error{Errc::unavailable,
                     url_ + ": bound by the node '" + owner_ +
                         "' of this process: choose another name, or bind it there"};
    is_bound_ = true;
    owner_ = around.node;
    return {};
}

void InprocPlace::unbind() {
    std::lock_guard guard{mutex_};
    is_bound_ = false;
    std::erase_if(members_, [](const Member& member) { return member.is_binding; });
    ask_another_driver();
}

bool InprocPlace::is_empty() const {
    std::lock_guard guard{mutex_};
    return !is_bound_ && members_.empty();
}

void InprocPlace::add(std::shared_ptr<LinkHost> host, const Surroundings& around, bool is_binding) {
    std::lock_guard guard{mutex_};
    members_.push_back({std::move(host), around.reactor, is_binding});
    meet_all();
}

void InprocPlace::remove(const LinkHost& host) {
    std::lock_guard guard{mutex_};
    std::erase_if(members_, [&](const Member& member) { return member.host.get() == &host; });
    std::erase_if(pairs_,
                  [&](const Pair& pair) { return pair.binder == &host || pair.dialer == &host; });
    ask_another_driver();
}

bool InprocPlace::has_met(const LinkHost& binder, const LinkHost& dialer) const {
    return std::any_of(pairs_.begin(), pairs_.end(), [&](const Pair& pair) {
        return pair.binder == &binder && pair.dialer == &dialer;
    });
}

void InprocPlace::meet_all() {
    for (const Member& binder : members_)
        for (const Member& dialer : members_)
            if (binder.is_binding && !dialer.is_binding && !has_met(*binder.host, *dialer.host))
                meet(binder, dialer);
}

void InprocPlace::meet(const Member& binder, const Member& dialer) {
    const bool is_counterpart = dialer.host->pattern() == wire::counterpart(binder.host->pattern());
    const bool has_other = std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
        return member.is_binding &&
               member.host->pattern() == wire::counterpart(dialer.host->pattern());
    });
    if (!is_counterpart && has_other) return;  // this name has ports of several patterns
    wire::Hello ours = binder.host->hello(url_, dialer.host->number());
    wire::Hello theirs = dialer.host->hello(url_, binder.host->number());
    auto agreed = wire::compatible(theirs, ours);
    if (agreed) agreed = check_local(binder.host->schema(), dialer.host->schema());
    if (agreed) agreed = check_local(binder.host->answer_schema(), dialer.host->answer_schema());
    const bool fits = agreed.ok();
    if (fits) agreed = binder.host->admits(theirs, url_, theirs.pid);
    if (!agreed) {
        // Who was not admitted may be later; types stay what they are.
        if (fits && agreed.error() != Errc::mismatch)
            meet_again(dialer.reactor, limits::redial_last);
        else
            pairs_.push_back({binder.host.get(), dialer.host.get(), nullptr, nullptr});
        binder.host->refused(url_, agreed.error(), theirs.node, theirs.pid);
        dialer.host->refused(url_, agreed.error(), ours.node, ours.pid);
        return;
    }
    const bool has_answer = binder.host->pattern() >= wire::Pattern::requester;
    const bool shares_objects =
        is_same_type(binder.host->schema(), dialer.host->schema()) &&
        (!has_answer || is_same_type(binder.host->answer_schema(), dialer.host->answer_schema()));
    auto [bound, dialled] = InprocLink::make_pair(url_, binder.host, ours, dialer.host, theirs,
                                                  shares_objects, shared_from_this());
    pairs_.push_back({binder.host.get(), dialer.host.get(), bound.get(), dialled.get()});
    // The reader first: what a publisher sends when it attaches finds it there.
    const bool binder_reads = binder.host->pattern() != wire::Pattern::publisher;
    if (binder_reads ? binder.host->attach(bound) : dialer.host->attach(dialled)) {
        if (!(binder_reads ? dialer.host->attach(dialled) : binder.host->attach(bound)))
            (binder_reads ? dialled : bound)->close({Errc::closed, "the port has closed"});
    }
}

void InprocPlace::unlinked(const InprocLink& link) {
    std::lock_guard guard{mutex_};
    const auto pair = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& one) {
        return one.binder_link == &link || one.dialer_link == &link;
    });
    if (pair == pairs_.end()) return;
    // The next link begins when both ends have let go of this one, so that nothing overtakes what
    // it still holds.
    (pair->binder_link == &link ? pair->binder_link : pair->dialer_link) = nullptr;
    if (pair->binder_link || pair->dialer_link) return;
    const LinkHost* dialer = pair->dialer;
    pairs_.erase(pair);
    const auto member = std::find_if(members_.begin(), members_.end(),
                                     [&](const Member& one) { return one.host.get() == dialer; });
    if (member == members_.end()) return;
    meet_again(member->reactor, limits::redial_first);
}

void InprocPlace::meet_again(const std::shared_ptr<os::Reactor>& reactor, Duration wait) {
    constexpr Duration late = std::chrono::seconds{1};  // whoever was asked is not there any more
    const Instant now = os::now(), at = now + wait;
    const bool is_asked_for = meets_again_at_ && *meets_again_at_ + late > now;
    if (is_asked_for && *meets_again_at_ <= at) return;  // all are asked then
    if (ask_for_meeting(reactor, at)) return;
    meets_again_at_ = at;
    meets_again_on_.reset();
    ask_another_driver();
}

bool InprocPlace::ask_for_meeting(const std::shared_ptr<os::Reactor>& reactor, Instant at) {
    const auto meet_now = [weak = weak_from_this(), at] {
        const auto self = weak.lock();
        if (!self) return;
        std::lock_guard guard{self->mutex_};
        if (self->meets_again_at_ != at) return;  // an earlier one was asked for since
        self->meets_again_at_.reset();
        self->meet_all();
    };
    try {
        const bool is_asked = reactor->post([reactor, at, meet_now] {
            try {
                reactor->at(at, meet_now);
            } catch (const std::bad_alloc&) {
                meet_now();
            }
        });
        if (!is_asked) return false;
    } catch (const std::bad_alloc&) {
        return false;
    }
    meets_again_at_ = at;
    meets_again_on_ = reactor;
    return true;
}

void InprocPlace::ask_another_driver() {
    if (!meets_again_at_) return;
    const auto asked = meets_again_on_.lock();
    const Instant at = *meets_again_at_;
    for (const Member& member : members_)
        if (member.reactor == asked) return;
    for (const Member& member : members_)
        if (ask_for_meeting(member.reactor, at)) return;
    meets_again_at_.reset();  // whoever comes next meets all
}

}  // namespace mycelium::transport
