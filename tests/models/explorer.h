// Explorer: takes a model through every interleaving of its threads and every value that its loads
// may return.
//
// Which values those are, what that covers and what not: machine.h.
//
// A model is a plain struct with all that its threads know (small unsigned members without gaps: it
// is hashed as bytes), the words they share, and one program per thread: an ordinary function in
// which MYCELIUM_STEP stands before each access to the machine. What follows an access up to the
// next MYCELIUM_STEP belongs to the same step. Locals do not survive a step: what must is kept in
// the struct. What nobody could know in reality (how many messages were dropped in truth) may stand
// there too, for the checks.
//
// Faults are: a check that does not hold, somebody who waits for ever, and a state from which no
// end can be reached. States that were met before are not explored again, so programs may wait in
// loops. They are told apart by 128 bits of hash. An exploration that meets more than `states_max`
// states is a fault, never a silent end.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cpu.h"
#include "machine.h"

// The steps of a program: BEGIN once, STEP before each access, END once, all in one function with a
// parameter `cpu`. No two steps on one line, no initialised local in sight of a step.
#define MYCELIUM_STEPS_BEGIN \
    switch (cpu.at()) {      \
        case 0:
#define MYCELIUM_STEP    \
    cpu.at() = __LINE__; \
    return;              \
    case __LINE__:
#define MYCELIUM_STEPS_END \
    }                      \
    cpu.finish();

namespace mycelium::models {

template <class State>
struct Model {
    State start;
    std::vector<Word> words;
    std::vector<std::function<void(Cpu&, State&)>> threads;
    /// Looks at the end, when all programs have ended; returns what this execution came to (for
    /// litmus tests).
    std::function<std::string(Cpu&, const State&)> at_end;
};

struct Report {
    std::string fault;  ///< empty: no bad state can be reached
    std::string story;  ///< the steps that led to the fault, one per line
    std::set<std::string> outcomes;
    std::size_t states = 0;
};

/// 128 bits of what was added.
class StateHash {
public:
    struct Result {
        std::uint64_t low;
        std::uint64_t high;
        bool operator==(const Result&) const = default;
    };
    struct Of {
        std::size_t operator()(const Result& result) const noexcept { return result.low; }
    };

    void add(std::uint64_t word) noexcept {
        low_ = (std::rotl(low_, 29) ^ word) * 0x9E3779B97F4A7C15U;
        high_ = (std::rotl(high_, 31) + word) * 0xC2B2AE3D27D4EB4FU;
        low_ ^= low_ >> 32U;
        high_ ^= high_ >> 29U;
    }
    template <std::size_t size>
    void add(const std::array<std::uint8_t, size>& bytes) noexcept {
        static_assert(size % sizeof(std::uint64_t) == 0);
        for (const std::uint64_t word : std::bit_cast<std::array<std::uint64_t, size / 8>>(bytes)) {
            add(word);
        }
    }
    Result result() const noexcept { return {low_, high_}; }

private:
    std::uint64_t low_ = 1;
    std::uint64_t high_ = 2;
};

template <class State>
class Explorer {
    static_assert(std::has_unique_object_representations_v<State>,
                  "State must be plain, without gaps");

public:
    explicit Explorer(const Model<State>& model, std::size_t states_max = 2'000'000)
        : model_{model}, states_max_{states_max} {}

    /// Ends at the first fault.
    Report run() {
        Moment start{Machine{model_.words, model_.threads.size()}, model_.start};
        for (std::size_t thread = 0; thread < model_.threads.size(); ++thread) {
            Choices none;  // up to its first step a program touches nothing
            none.next();
            Cpu cpu{start.machine, thread, none};
            model_.threads[thread](cpu, start.state);
        }
        go_on_from(std::move(start), 0, {});
        if (!has_fault()) find_who_can_never_end();
        report_.states = visited_.size();
        return report_;
    }

private:
    using StateIndex = std::uint32_t;
    struct Moment {
        Machine machine;
        State state;
    };
    /// How a state was first met.
    struct Visited {
        StateIndex from;
        Event event;
    };
    struct Edge {
        StateIndex from;
        StateIndex to;
    };

    bool has_fault() const { return !report_.fault.empty(); }

    /// Returns the state's index, explored now or before.
    StateIndex go_on_from(Moment moment, StateIndex from, const Event& event) {
        const auto [place, is_new] =
            index_of_.emplace(hash_of(moment), static_cast<StateIndex>(visited_.size()));
        const StateIndex here = place->second;
        if (!is_new) return here;
        visited_.push_back({from, event});
        if (visited_.size() > states_max_) fail("there are more states than the limit", here);
        if (moment.machine.is_overfull()) fail("the machine is too small for the model", here);
        if (has_fault()) return here;
        bool somebody_moves = false;
        for (std::size_t thread = 0; thread < model_.threads.size() && !has_fault(); ++thread) {
            somebody_moves |= try_moves_of(thread, moment, here);
        }
        if (has_fault()) return here;
        if (moment.machine.is_done()) {
            end(moment, here);
        } else if (!somebody_moves) {
            fail("somebody waits for ever", here);
        }
        return here;
    }

    /// True: there is a move that will happen.
    bool try_moves_of(std::size_t thread, const Moment& moment, StateIndex here) {
        const ThreadState& now = moment.machine.thread(thread);
        bool will_happen = false;
        if (!now.is_done) {
            will_happen |= try_move(thread, moment, here, [&](Cpu& cpu, State& state) {
                model_.threads[thread](cpu, state);
            });
        }
        for (std::size_t slot = 0; slot < late_loads_max; ++slot) {
            if (now.late[slot].phase != LateLoad::Phase::pending) continue;
            will_happen |= try_move(thread, moment, here,
                                    [slot](Cpu& cpu, State&) { cpu.perform_late(slot); });
        }
        if (now.is_interrupted) {
            will_happen |=
                try_move(thread, moment, here, [](Cpu& cpu, State&) { cpu.answer_membarrier(); });
        }
        return will_happen;
    }

    /// Does this in all its ways and goes on from each.
    template <class Move>
    bool try_move(std::size_t thread, const Moment& before, StateIndex here, const Move& move) {
        bool will_happen = false;
        Choices choices;
        while (!has_fault() && choices.next()) {
            Moment after = before;
            Cpu cpu{after.machine, thread, choices};
            move(cpu, after.state);
            if (cpu.is_blocked()) continue;
            if (cpu.goes_on_waiting()) {  // but has seen what it has seen
                cpu.at() = before.machine.thread(thread).at;
                after.state = before.state;
            } else if (cpu.fault() != nullptr) {
                fail(cpu.fault(), here);
                report_.story += text_of(cpu.event());
                return true;
            } else {
                will_happen |= !cpu.is_optional();
            }
            const StateIndex there = go_on_from(std::move(after), here, cpu.event());
            if (!cpu.is_optional()) edges_.push_back({here, there});
        }
        return will_happen;
    }

    StateHash::Result hash_of(Moment& moment) const {
        moment.machine.forget_the_unreadable();
        StateHash hash;
        moment.machine.hash_into(hash);
        const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof(State)>>(moment.state);
        for (std::size_t index = 0; index < bytes.size(); index += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            for (std::size_t byte = index; byte < std::min(index + 8, bytes.size()); ++byte) {
                word = word << 8U | bytes[byte];
            }
            hash.add(word);
        }
        return hash.result();
    }

    void end(Moment& moment, StateIndex here) {
        ends_.push_back(here);
        Choices none;
        none.next();
        Cpu cpu{moment.machine, 0, none};
        report_.outcomes.insert(model_.at_end ? model_.at_end(cpu, moment.state) : "");
        if (cpu.fault() != nullptr) fail(cpu.fault(), here);
    }

    /// From every state some end must be in reach by moves that will happen: else threads run in
    /// circles.
    void find_who_can_never_end() {
        std::vector<std::vector<StateIndex>> before(visited_.size());
        for (const Edge& edge : edges_) before[edge.to].push_back(edge.from);
        std::vector<bool> can_end(visited_.size());
        std::vector<StateIndex> open = ends_;
        for (const StateIndex index : ends_) can_end[index] = true;
        while (!open.empty()) {
            const StateIndex index = open.back();
            open.pop_back();
            for (const StateIndex from : before[index]) {
                if (can_end[from]) continue;
                can_end[from] = true;
                open.push_back(from);
            }
        }
        const auto stuck = std::find(can_end.begin(), can_end.end(), false);
        if (stuck == can_end.end()) return;
        fail("they go round for ever", static_cast<StateIndex>(stuck - can_end.begin()));
    }

    std::string text_of(const Event& event) const {
        return "  thread " + std::to_string(event.thread) + ' ' + event.what + ' ' +
               model_.words[event.word].name + ' ' + std::to_string(event.value) + '\n';
    }

    void fail(const char* fault, StateIndex where) {
        report_.fault = fault;
        for (; where != 0; where = visited_[where].from) {
            report_.story.insert(0, text_of(visited_[where].event));
        }
    }

    const Model<State>& model_;
    std::size_t states_max_;
    std::unordered_map<StateHash::Result, StateIndex, StateHash::Of> index_of_;
    std::vector<Visited> visited_;
    std::vector<Edge> edges_;  ///< moves that will happen
    std::vector<StateIndex> ends_;
    Report report_;
};

template <class State>
Report explore(const Model<State>& model) {
    return Explorer<State>{model}.run();
}

}  // namespace mycelium::models
