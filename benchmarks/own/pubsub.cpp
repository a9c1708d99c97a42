#include "benchmarks/own/pubsub.h"

#include <optional>

#include "benchmarks/own/ends.h"
#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/measure.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

/// One side of a round trip: a publisher of its own, and the other side's to listen to.
template <class T, class Sending>
class Conversation {
public:
    Conversation(Node& node, const Meeting& meeting, const Plan& plan, Waiting waiting, Side& ours,
                 const Side& theirs, std::string_view name)
        : publisher_(node.publisher<T>(meeting.url(name), patient()).value()),
          sender_(publisher_, plan, 1) {
        ours.set_url(0, publisher_.url());
        ours.reach(1);
        theirs.await(1);
        SubscriberOptions options;
        options.waiting = waiting;
        receiver_.emplace(node, theirs, plan, options);
        publisher_.wait_for(1, patience).value();
        receiver_->wait_for_publisher();
        ours.reach(2);
        theirs.await(2);
    }
    void send(std::uint64_t number) { sender_.send(number); }
    void flush() {}
    Arrival receive() { return receiver_->receive(); }

private:
    Publisher<T> publisher_;
    Sending sender_;
    std::optional<Receiver<T>> receiver_;
};

Twins twins_for(const Meeting& meeting) {
    Twins twins;
    twins.company = meeting.is_within_process() ? Company::threads : Company::processes;
    return twins;
}

template <class T, class Sending = Sender<T>>
Measurement round_trip(std::string_view scheme, const Plan& plan,
                       Waiting waiting = Waiting::adaptive) {
    const Meeting meeting{scheme};
    Twins twins = twins_for(meeting);
    twins.near = [&](Arena& arena) {
        Node node{"bench-near"};
        Conversation<T, Sending> conversation(node, meeting, plan, waiting, arena.near, arena.far,
                                              "near");
        ping(arena.near, plan, [&](std::uint64_t number) {
            conversation.send(number);
            return conversation.receive();
        });
        arena.near.reach(step_received_all);
        arena.far.await(step_received_all);
    };
    twins.far = [&](Arena& arena) {
        Node node{"bench-far"};
        Conversation<T, Sending> conversation(node, meeting, plan, waiting, arena.far, arena.near,
                                              "far");
        pong(arena.far, conversation);
        arena.far.reach(step_received_all);
        arena.near.await(step_received_all);
    };
    return run_twins(twins, limit_seconds(plan));
}

template <class T, class Sending = Sender<T>>
Measurement stream(std::string_view scheme, const Plan& plan, std::size_t at_once = 1,
                   std::size_t receivers = 1) {
    const Meeting meeting{scheme};
    const auto receive = [&](std::size_t index) {
        return [&, index](Arena& arena) {
            Node node{"bench-far"};
            arena.near.await(1);
            Receiver<T> receiver(node, arena.near, plan, near_the_sender(plan), at_once);
            sink(arena, arena.receiver(index), receiver);
        };
    };
    Twins twins = twins_for(meeting);
    twins.near = [&](Arena& arena) {
        Node node{"bench-near"};
        auto publisher = node.publisher<T>(meeting.url("near"), patient()).value();
        arena.near.set_url(0, publisher.url());
        arena.near.reach(1);
        publisher.wait_for(arena.receivers, patience).value();
        Sending sender(publisher, plan, at_once);
        pump(arena, plan, sender);
    };
    twins.far = receive(0);
    for (std::size_t i = 1; i < receivers; ++i) twins.others.push_back(receive(i));
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace

Measurement own_round_trip(std::string_view scheme, const Plan& plan, Waiting waiting) {
    return plan.bytes == sizeof(Small) ? round_trip<Small>(scheme, plan, waiting)
                                       : round_trip<Bytes>(scheme, plan, waiting);
}

Measurement own_stream(std::string_view scheme, const Plan& plan, std::size_t at_once,
                       std::size_t receivers) {
    return plan.bytes == sizeof(Small) ? stream<Small>(scheme, plan, at_once, receivers)
                                       : stream<Bytes>(scheme, plan, at_once, receivers);
}

Measurement own_loan_round_trip(std::string_view scheme, const Plan& plan) {
    return round_trip<Bytes, LoanSender>(scheme, plan);
}
Measurement own_loan_stream(std::string_view scheme, const Plan& plan) {
    return stream<Bytes, LoanSender>(scheme, plan);
}

Measurement own_pointer_round_trip(const Plan& plan) { return round_trip<Block>("inproc", plan); }
Measurement own_pointer_stream(const Plan& plan) { return stream<Block>("inproc", plan); }

}  // namespace mycelium::bench
