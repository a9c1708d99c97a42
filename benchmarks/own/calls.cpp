#include "benchmarks/own/calls.h"

#include <stdexcept>

#include "benchmarks/own/ends.h"
#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/measure.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

template <class T>
void ask(Arena& arena, const Plan& plan) {
    Node node{"bench-near"};
    arena.far.await(1);
    auto requester = node.requester<T, T>(arena.far.url[0].data()).value();
    requester.wait_for(1, patience).value();
    Maker<T> maker(plan.bytes);
    ping(arena.near, plan, [&](std::uint64_t number) {
        const auto answer = requester.call(maker.make(number, [] {}), patience);
        if (!answer) throw std::runtime_error("call: " + answer.error().to_string());
        Arrival arrival = arrival_of(**answer);
        if constexpr (std::is_same_v<T, Bytes>)
            if ((*answer)->size() != plan.bytes) arrival.kind = Arrival::Kind::wrong;
        return arrival;
    });
}

template <class T>
void answer_all(Arena& arena, const Meeting& meeting) {
    Node node{"bench-far"};
    auto replier = node.replier<T, T>(meeting.url("far")).value();
    arena.far.set_url(0, replier.url());
    arena.far.reach(1);
    const Seat seat{Seat::End::far};
    const std::uint64_t cpu_before = cpu_ns();
    for (bool is_last = false; !is_last;) {
        auto request = replier.receive();
        if (!request) throw std::runtime_error("receive: " + request.error().to_string());
        const Arrival arrival = arrival_of(request->question());
        if (arrival.kind == Arrival::Kind::wrong) ++arena.far.wrong;
        is_last = arrival.is_last;
        if (auto answered = request->answer(request->question()); !answered)
            throw std::runtime_error("answer: " + answered.error().to_string());
    }
    arena.far.cpu_ns = cpu_ns() - cpu_before;
}

template <class T>
Measurement call(std::string_view scheme, const Plan& plan) {
    const Meeting meeting{scheme};
    Twins twins;
    twins.company = meeting.is_within_process() ? Company::threads : Company::processes;
    twins.near = [&](Arena& arena) { ask<T>(arena, plan); };
    twins.far = [&](Arena& arena) { answer_all<T>(arena, meeting); };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace

Measurement own_call(std::string_view scheme, const Plan& plan) {
    return plan.bytes == sizeof(Small) ? call<Small>(scheme, plan) : call<Bytes>(scheme, plan);
}

Measurement own_control_call(std::string_view scheme, const Plan& plan) {
    return call<Control>(scheme, plan);
}

}  // namespace mycelium::bench
