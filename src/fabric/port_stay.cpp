// Port: callers that stay with what they have offered.
#include <algorithm>

#include "fabric/port.h"
#include "host/os/clock.h"
#include "host/os/thread.h"

namespace mycelium::fabric {

Port::Attending::Attending(Port& port, const LinkPtr& link, std::size_t bytes, Duration most)
    : port_(port) {
    const bool is_stream = link && link->fd() >= 0 && !link->is_quiet();
    if (!is_stream) return;
    allowed_ = std::min(port.staying_.allowed(bytes), most);
    if (allowed_ <= Duration{0}) return;
    link_ = link;
    link_->attend(true);
}

Port::Attending::~Attending() {
    if (!link_) return;
    link_->attend(false);
    if (link_->queued_bytes() != 0) link_->send_now();  // it asks for the driver, if need be
}

void Port::Attending::stay() noexcept {
    if (!link_ || link_->queued_bytes() == 0) return;
    const Instant begin = os::now();
    Instant moved_at = begin;
    while (!link_->closed()) {
        port_.lock_.unlock();
        os::yield();
        port_.lock_.lock();
        const std::size_t left_before = link_->queued_bytes();
        link_->send_now();
        const std::size_t left = link_->queued_bytes();
        if (left == 0) return port_.staying_.was_of_use();
        const Instant now = os::now();
        if (left < left_before) moved_at = now;
        if (now - begin > allowed_ || now - moved_at > Staying::patience)
            return port_.staying_.was_in_vain();
    }
}

}  // namespace mycelium::fabric
