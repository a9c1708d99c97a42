#include "core/mesh/breaker.h"

namespace mycelium::mesh {

Breaker::State Breaker::state(Instant now) const noexcept {
    if (!is_open_) return State::closed;
    return now < retry_at() ? State::open : State::half_open;
}

bool Breaker::allow(Instant now) {
    switch (state(now)) {
        case State::closed:
            return true;
        case State::open:
            return false;
        case State::half_open:
            break;
    }
    if (probes_ >= limits_.probes_max) {
        if (now - probed_ < limits_.open_for) return false;
        --probes_;
    }
    ++probes_;
    probed_ = now;
    return true;
}

void Breaker::succeed(Instant now) {
    if (state(now) != State::half_open || ++successes_ < limits_.probes_max) return;
    is_open_ = false;
    failures_.clear();
}

void Breaker::fail(Instant now) {
    if (state(now) == State::half_open) return open(now);
    if (is_open_) return;
    while (!failures_.empty() && now - failures_.front() > limits_.window) failures_.pop_front();
    failures_.push_back(now);
    if (failures_.size() >= limits_.failures_max) open(now);
}

void Breaker::forgive() noexcept {
    if (failures_.empty()) return;
    failures_.pop_back();
    if (is_open_ && probes_ == 0 && failures_.size() < limits_.failures_max) is_open_ = false;
}

void Breaker::open(Instant now) {
    is_open_ = true;
    opened_ = now;
    probes_ = successes_ = 0;
}

std::string_view name_of(Breaker::State state) noexcept {
    switch (state) {
        case Breaker::State::closed:
            return "closed";
        case Breaker::State::open:
            return "open";
        case Breaker::State::half_open:
            return "half-open";
    }
    return "unknown";
}

}  // namespace mycelium::mesh
