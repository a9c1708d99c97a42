#include "cpu.h"

#include <algorithm>

namespace mycelium::models {
namespace {

bool acquires(Order order) { return order == Order::acquire || order == Order::acq_rel; }
bool releases(Order order) { return order == Order::release || order == Order::acq_rel; }

std::uint8_t small(std::size_t number) { return static_cast<std::uint8_t>(number); }

}  // namespace

bool Choices::next() {
    used_ = 0;
    if (!has_begun_) return has_begun_ = true;
    while (!picks_.empty() && picks_.back().choice + 1 >= picks_.back().count) picks_.pop_back();
    if (picks_.empty()) return false;
    ++picks_.back().choice;
    return true;
}

std::size_t Choices::pick(std::size_t count) {
    if (used_ == picks_.size()) picks_.push_back({0, count});
    return picks_[used_++].choice;
}

std::size_t Cpu::pick(std::size_t count) {
    if (count == 0) is_blocked_ = true;
    return count <= 1 || is_blocked_ ? 0 : choices_.pick(count);
}

void Cpu::note(const char* what, std::size_t word, Value value) {
    event_ = {what, small(index_), small(word), value};
}

void Cpu::check(bool holds, const char* claim) {
    if (!holds && fault_ == nullptr) fault_ = claim;
}

void Cpu::wait_for_late_loads() {
    for (const LateLoad& load : me_.late) {
        if (load.phase == LateLoad::Phase::pending) is_blocked_ = true;
    }
}

void Cpu::wait_for_late_load_of(std::size_t word) {
    for (const LateLoad& load : me_.late) {
        if (load.phase == LateLoad::Phase::pending && load.word == word) is_blocked_ = true;
    }
}

std::size_t Cpu::pick_readable(std::size_t word, std::size_t oldest) {
    return oldest + pick(machine_.histories_[word].size - oldest);
}

Value Cpu::read(std::size_t word, std::size_t index, Order order) {
    const Written& written = machine_.histories_[word].written[index];
    me_.current.oldest[word] = std::max(me_.current.oldest[word], small(index));
    if (acquires(order)) me_.current.join(written.view);
    me_.acquired.join(me_.current);
    me_.acquired.join(written.view);
    return written.value;
}

Value Cpu::load(std::size_t word, Order order) {
    wait_for_late_load_of(word);
    const Value value = read(word, pick_readable(word, me_.current.oldest[word]), order);
    note(acquires(order) ? "acquires" : "reads", word, value);
    return value;
}

Value Cpu::await(std::size_t word, const std::function<bool(Value)>& is_wanted, Order order) {
    wait_for_late_load_of(word);
    const Value seen = read(word, pick_readable(word, me_.current.oldest[word]), order);
    goes_on_waiting_ = !is_wanted(seen);
    note("waits for", word, seen);
    return seen;
}

void Cpu::publish(std::size_t word, std::size_t index, Written& written, Order order) {
    me_.current.oldest[word] = small(index);
    me_.acquired.join(me_.current);
    written.view.join(releases(order) ? me_.current : me_.released);
    written.view.oldest[word] = small(index);
}

void Cpu::store(std::size_t word, Value value, Order order) {
    if (releases(order)) wait_for_late_loads();
    wait_for_late_load_of(word);
    const History& history = machine_.histories_[word];
    std::vector<std::size_t> places;
    for (std::size_t index = me_.current.oldest[word] + 1U; index <= history.size; ++index) {
        if (index == history.size || !history.written[index].replaces) places.push_back(index);
    }
    const std::size_t index = places[pick(places.size())];
    Written& written = machine_.insert(word, index);
    written.value = value;
    publish(word, index, written, order);
    note(releases(order) ? "releases" : "writes", word, value);
}

/// The values that a read-modify-write of this thread may read: nobody else has replaced them.
std::vector<std::size_t> Cpu::replaceable(std::size_t word) const {
    const History& history = machine_.histories_[word];
    std::vector<std::size_t> found;
    for (std::size_t index = me_.current.oldest[word]; index < history.size; ++index) {
        if (index + 1U == history.size || !history.written[index + 1U].replaces) {
            found.push_back(index);
        }
    }
    return found;
}

Value Cpu::replace(std::size_t word, std::size_t index, Value value, Order order) {
    const Value seen = read(word, index, order);
    const View handed_on = machine_.histories_[word].written[index].view;
    Written& written = machine_.insert(word, index + 1U);
    written.value = value;
    written.replaces = true;
    written.view = handed_on;
    publish(word, index + 1U, written, order);
    return seen;
}

Value Cpu::exchange(std::size_t word, Value value, Order order) {
    if (releases(order)) wait_for_late_loads();
    wait_for_late_load_of(word);
    const std::vector<std::size_t> found = replaceable(word);
    const Value seen = replace(word, found[pick(found.size())], value, order);
    note("exchanges", word, seen);
    return seen;
}

Value Cpu::compare_exchange(std::size_t word, Value expected, Value desired, Order order) {
    if (releases(order)) wait_for_late_loads();
    wait_for_late_load_of(word);
    struct Way {
        std::size_t index;
        bool succeeds;
    };
    std::vector<Way> ways;
    const History& history = machine_.histories_[word];
    for (const std::size_t index : replaceable(word)) {
        if (history.written[index].value == expected) ways.push_back({index, true});
    }
    for (std::size_t index = me_.current.oldest[word]; index < history.size; ++index) {
        if (history.written[index].value != expected) ways.push_back({index, false});
    }
    const std::size_t choice = pick(ways.size());
    if (is_blocked_) return expected;
    const Way way = ways[choice];
    if (way.succeeds) {
        note("moves", word, desired);
        return replace(word, way.index, desired, order);
    }
    const Value seen = read(word, way.index, acquires(order) ? Order::acquire : Order::relaxed);
    note("fails to move", word, seen);
    return seen;
}

void Cpu::await_exchange(std::size_t word, Value expected, Value desired, Order order) {
    goes_on_waiting_ = compare_exchange(word, expected, desired, order) != expected;
}

void Cpu::load_late(std::size_t slot, std::size_t word) {
    wait_for_late_load_of(word);
    me_.late[slot] = {LateLoad::Phase::pending, small(word), me_.current.oldest[word], 0};
    note("begins to read", word);
}

void Cpu::perform_late(std::size_t slot) {
    LateLoad& load = me_.late[slot];
    const std::size_t word = load.word;
    load.value = read(word, pick_readable(word, load.oldest), Order::relaxed);
    load.phase = LateLoad::Phase::performed;
    load.oldest = 0;
    load.word = 0;
    note("late, reads", word, load.value);
}

Value Cpu::late(std::size_t slot) {
    LateLoad& load = me_.late[slot];
    if (load.phase != LateLoad::Phase::performed) is_blocked_ = true;
    const Value value = load.value;
    load = LateLoad{};
    note("uses what it read");
    return value;
}

void Cpu::acquire_fence() {
    wait_for_late_loads();
    me_.current = me_.acquired;
    note("acquire fence");
}

void Cpu::release_fence() {
    wait_for_late_loads();
    me_.released = me_.current;
    note("release fence");
}

void Cpu::full_fence() {
    wait_for_late_loads();
    me_.current.join(me_.acquired);
    me_.current.join(machine_.fenced_);
    machine_.fenced_ = me_.current;
    me_.acquired = me_.current;
    me_.released = me_.current;
    note("full fence");
}

void Cpu::membarrier() {
    full_fence();
    for (std::size_t index = 0; index < machine_.thread_count_; ++index) {
        if (index != index_) machine_.threads_[index].is_interrupted = true;
    }
    note("calls membarrier");
}

void Cpu::answer_membarrier() {
    full_fence();
    me_.is_interrupted = false;
    note("is interrupted by membarrier");
}

void Cpu::membarrier_returns() {
    for (std::size_t index = 0; index < machine_.thread_count_; ++index) {
        if (index != index_ && machine_.threads_[index].is_interrupted) is_blocked_ = true;
    }
    full_fence();
    note("returns from membarrier");
}

void Cpu::futex_wait(std::size_t word, Value expected) {
    full_fence();
    const Value seen = read(word, pick_readable(word, me_.current.oldest[word]), Order::relaxed);
    if (seen == expected) {
        fall_asleep(word);
    } else {
        note("does not fall asleep at", word, seen);
    }
}

void Cpu::fall_asleep(std::size_t word) {
    full_fence();
    me_.is_asleep = true;
    me_.sleeps_at = small(word);
    note("falls asleep at", word);
}

void Cpu::futex_wake(std::size_t word) {
    full_fence();
    for (ThreadState& thread : machine_.threads_) {
        if (!thread.is_asleep || thread.sleeps_at != word) continue;
        thread.is_asleep = false;
        thread.sleeps_at = 0;
    }
    note("wakes who sleeps at", word);
}

bool Cpu::sleep(TimeOut time_out) {
    const bool times_out = me_.is_asleep;
    is_blocked_ |= times_out && time_out == TimeOut::never;
    is_optional_ = times_out && time_out == TimeOut::perhaps;
    me_.is_asleep = false;
    me_.sleeps_at = 0;
    full_fence();
    note(times_out ? "times out" : "is awake");
    return !times_out;
}

bool Cpu::poll(std::size_t word, TimeOut time_out) {
    const History& history = machine_.histories_[word];
    std::vector<std::size_t> readable;
    for (std::size_t index = me_.current.oldest[word]; index < history.size; ++index) {
        if (history.written[index].value != 0) readable.push_back(index);
    }
    const bool may_time_out = time_out != TimeOut::never;
    const std::size_t choice = pick(readable.size() + (may_time_out ? 1U : 0U));
    if (choice >= readable.size()) {
        is_optional_ = time_out == TimeOut::perhaps;
        note("times out at", word);
        return false;
    }
    const Value seen = read(word, readable[choice], Order::acquire);
    note("is rung by", word, seen);
    return true;
}

void Cpu::time_passes() {
    for (std::size_t index = 0; index < machine_.thread_count_; ++index) {
        machine_.threads_[index].current.join(machine_.elapsed_);
        machine_.threads_[index].acquired.join(machine_.elapsed_);
    }
    for (std::size_t word = 0; word < machine_.word_count_; ++word) {
        machine_.elapsed_.oldest[word] = small(machine_.histories_[word].size - 1U);
    }
    note("time passes");
}

void Cpu::learn_all_of(std::size_t thread) {
    me_.current.join(machine_.threads_[thread].current);
    me_.acquired.join(me_.current);
    note("learns that the other has ended");
}

}  // namespace mycelium::models
