#include "benchmarks/own/relaying.h"

#include "benchmarks/own/ends.h"
#include "benchmarks/own/meeting.h"
#include "benchmarks/own/relay_between.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/measure.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

/// Until the far side has received the last message.
void relay_messages(Arena& arena, const Meeting& meeting) {
    Node node{"bench-relay"};
    Relay relay = relay_between(node, meeting);
    arena.between.set_url(0, relay.in().front());
    arena.between.set_url(1, relay.out().front());
    arena.between.reach(1);
    relay_until(relay, arena.between, [&] {
        for (std::size_t i = 0; i < arena.receivers; ++i)
            arena.receiver(i).await(step_received_all);
    });
}

Subscriber<Relayed> consumer(Node& node, Arena& arena) {
    arena.between.await(1);
    return node.subscriber<Relayed>(arena.between.url[1].data()).value();
}

}  // namespace

Measurement own_relay_round_trip(std::string_view scheme, const Plan& plan) {
    const Meeting meeting{scheme};
    Twins twins;
    twins.between = [&](Arena& arena) { relay_messages(arena, meeting); };
    twins.near = [&](Arena& arena) {
        Node node{"bench-near"};
        arena.between.await(1);
        auto publisher = node.publisher<Relayed>(arena.between.url[0].data(), dialling()).value();
        Sender sender(publisher, plan, 1);
        publisher.wait_for(1, patience).value();
        arena.far.await(1);
        Receiver<Relayed> receiver(node, arena.far, plan, {});
        receiver.wait_for_publisher();
        arena.near.reach(2);
        arena.far.await(2);
        ping(arena.near, plan, [&](std::uint64_t number) {
            sender.send(number);
            return receiver.receive();
        });
        arena.near.reach(step_received_all);
        arena.far.await(step_received_all);
    };
    twins.far = [&](Arena& arena) {
        struct Conversation {
            Subscriber<Relayed> subscriber;
            Sender<Relayed> sender;
            void send(std::uint64_t number) { sender.send(number); }
            void flush() {}
            Arrival receive() { return arrival_of(*subscriber.receive().value()); }
        };
        Node node{"bench-far"};
        auto publisher = node.publisher<Relayed>(meeting.url("far"), patient()).value();
        arena.far.set_url(0, publisher.url());
        Conversation conversation{consumer(node, arena), {publisher, plan, 1}};
        conversation.subscriber.wait_for(1, patience).value();
        arena.far.reach(1);
        publisher.wait_for(1, patience).value();
        arena.far.reach(2);
        arena.near.await(2);
        pong(arena.far, conversation);
        arena.far.reach(step_received_all);
        arena.near.await(step_received_all);
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement own_relay_stream(std::string_view scheme, const Plan& plan, std::size_t at_once,
                             std::size_t consumers) {
    const Meeting meeting{scheme};
    const auto receive = [&](std::size_t index) {
        return [&, index](Arena& arena) {
            Node node{"bench-far"};
            arena.between.await(1);
            Side relay;
            relay.set_url(0, arena.between.url[1].data());
            Receiver<Relayed> receiver(node, relay, plan, {}, at_once);
            receiver.wait_for_publisher();
            arena.receiver(index).reach(1);
            sink(arena, arena.receiver(index), receiver);
        };
    };
    Twins twins;
    twins.between = [&](Arena& arena) { relay_messages(arena, meeting); };
    twins.near = [&](Arena& arena) {
        Node node{"bench-near"};
        arena.between.await(1);
        auto publisher = node.publisher<Relayed>(arena.between.url[0].data(), dialling()).value();
        publisher.wait_for(1, patience).value();
        for (std::size_t i = 0; i < arena.receivers; ++i) arena.receiver(i).await(1);
        Sender sender(publisher, plan, at_once);
        pump(arena, plan, sender);
    };
    twins.far = receive(0);
    for (std::size_t i = 1; i < consumers; ++i) twins.others.push_back(receive(i));
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace mycelium::bench
