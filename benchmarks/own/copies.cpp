#include "benchmarks/own/copies.h"

#include "base/copy.h"
#include "benchmarks/own/ends.h"
#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

std::uint64_t copied_so_far() noexcept {
#ifdef MYCELIUM_COUNT_COPIES
    return base::copied_bytes.load(std::memory_order_relaxed);
#else
    return 0;
#endif
}

constexpr std::uint64_t messages = 64;

/// In copies of a whole message, of those that come after the first: what ends learn of each other
/// with it is not the rule.
double copies_since(std::uint64_t before, const Plan& plan) {
    return static_cast<double>(copied_so_far() - before) /
           static_cast<double>(plan.bytes * (messages - 1));
}

template <class Sending>
void publish(Arena& arena, const Plan& plan, const Meeting& meeting) {
    Node node{"bench-near"};
    auto publisher = node.publisher<Bytes>(meeting.url("near"), patient()).value();
    arena.near.set_url(0, publisher.url());
    arena.near.reach(1);
    publisher.wait_for(1, patience).value();
    Sending sender(publisher, plan, 1);
    sender.send(1);
    arena.far.await(2);
    const std::uint64_t before = copied_so_far();
    for (std::uint64_t number = 2; number <= messages; ++number) sender.send(number);
    sender.flush();
    arena.far.await(step_received_all);
    arena.near.amount = copies_since(before, plan);
}

void take(Arena& arena, const Plan& plan) {
    Node node{"bench-far"};
    arena.near.await(1);
    Receiver<Bytes> receiver(node, arena.near, plan, near_the_sender(plan));
    std::uint64_t before = 0;
    for (std::uint64_t number = 1; number <= messages; ++number) {
        const Arrival arrival = receiver.receive();
        if (arrival.kind != Arrival::Kind::good || arrival.number != number) ++arena.far.wrong;
        if (number == 1) {
            before = copied_so_far();
            arena.far.reach(2);
        }
    }
    arena.far.amount = copies_since(before, plan);
    arena.far.counted = messages;
    arena.far.reach(step_received_all);
}

}  // namespace

bool copies_are_counted() noexcept {
#ifdef MYCELIUM_COUNT_COPIES
    return true;
#else
    return false;
#endif
}

Measurement own_copies(const std::string& scheme, const Plan& plan, Copied copied) {
    const Meeting meeting{scheme};
    Twins twins;
    twins.near = [&](Arena& arena) {
        if (copied == Copied::lent)
            publish<LoanSender>(arena, plan, meeting);
        else
            publish<Sender<Bytes>>(arena, plan, meeting);
    };
    twins.far = [&](Arena& arena) { take(arena, plan); };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
