#include "benchmarks/own/pubsub.h"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <vector>

#include "benchmarks/own/meeting.h"
#include "benchmarks/own/messages.h"
#include "benchmarks/raw/baselines.h"
#include "benchmarks/raw/measure.h"
#include "benchmarks/raw/twins.h"

namespace mycelium::bench {
namespace {

constexpr Duration patience = std::chrono::seconds{10};

/// A reader that the machine does not let run for a while is waited for: what is measured is
/// lossless.
PublisherOptions patient() {
    PublisherOptions options;
    options.block_max = patience;
    return options;
}

/// Large messages wait in small number, so that what is sent is still in the cache, as it is with a
/// socket.
SubscriberOptions near_the_sender(const Plan& plan) {
    SubscriberOptions options;
    if (plan.bytes >= large_bytes) options.queue_messages_max = large_blocks_of(plan.bytes) / 2;
    return options;
}

void check(const Outcome& outcome) {
    if (!outcome) throw std::runtime_error("publish: " + outcome.error().to_string());
}

template <class T>
class Sender {
public:
    Sender(Publisher<T>& publisher, const Plan& plan, std::size_t at_once)
        : publisher_(publisher), maker_(plan.bytes), at_once_(at_once) {}

    void send(std::uint64_t number) {
        const auto idle = [this] { publisher_.flush(); };
        if (at_once_ == 1) {
            check(publisher_.publish(maker_.make(number, idle)));
        } else if constexpr (std::is_same_v<T, Small>) {
            batch_.push_back(maker_.make(number, idle));
            if (batch_.size() == at_once_) publish_batch();
        }
    }
    void flush() {
        publish_batch();
        publisher_.flush();
    }

private:
    void publish_batch() {
        if (batch_.empty()) return;
        check(publisher_.publish(std::span<const T>{batch_}));
        batch_.clear();
    }
    Publisher<T>& publisher_;
    Maker<T> maker_;
    std::size_t at_once_;
    std::vector<T> batch_;
};

template <class T>
Arrival receive_from(Subscriber<T>& subscriber, std::size_t bytes) {
    const auto sample = subscriber.receive();
    if (!sample) throw std::runtime_error("receive: " + sample.error().to_string());
    Arrival arrival = arrival_of(**sample);
    if constexpr (std::is_same_v<T, Bytes>)
        if ((*sample)->size() != bytes) arrival.kind = Arrival::Kind::wrong;
    return arrival;
}

/// One side of a round trip: a publisher of its own, and the other side's to listen to.
template <class T>
class Conversation {
public:
    Conversation(Node& node, const Meeting& meeting, const Plan& plan, Side& ours,
                 const Side& theirs, std::string_view name)
        : publisher_(node.publisher<T>(meeting.url(name), patient()).value()),
          sender_(publisher_, plan, 1),
          bytes_(plan.bytes) {
        ours.set_url(0, publisher_.url());
        ours.reach(1);
        theirs.await(1);
        subscriber_.emplace(node.subscriber<T>(theirs.url[0].data()).value());
        publisher_.wait_for(1, patience).value();
        subscriber_->wait_for(1, patience).value();
        ours.reach(2);
        theirs.await(2);
    }
    void send(std::uint64_t number) { sender_.send(number); }
    void flush() {}
    Arrival receive() { return receive_from(*subscriber_, bytes_); }

private:
    Publisher<T> publisher_;
    Sender<T> sender_;
    std::size_t bytes_;
    std::optional<Subscriber<T>> subscriber_;
};

Twins twins_for(const Meeting& meeting) {
    Twins twins;
    twins.company = meeting.is_within_process() ? Company::threads : Company::processes;
    return twins;
}

template <class T>
Measurement round_trip(std::string_view scheme, const Plan& plan) {
    const Meeting meeting{scheme};
    Twins twins = twins_for(meeting);
    twins.near = [&](Arena& arena) {
        Node node{"bench-near"};
        Conversation<T> conversation(node, meeting, plan, arena.near, arena.far, "near");
        ping(arena.near, plan, [&](std::uint64_t number) {
            conversation.send(number);
            return conversation.receive();
        });
        arena.near.reach(step_received_all);
        arena.far.await(step_received_all);
    };
    twins.far = [&](Arena& arena) {
        Node node{"bench-far"};
        Conversation<T> conversation(node, meeting, plan, arena.far, arena.near, "far");
        pong(arena.far, conversation);
        arena.far.reach(step_received_all);
        arena.near.await(step_received_all);
    };
    return run_twins(twins, limit_seconds(plan));
}

template <class T>
Measurement stream(std::string_view scheme, const Plan& plan, std::size_t at_once) {
    const Meeting meeting{scheme};
    Twins twins = twins_for(meeting);
    twins.near = [&](Arena& arena) {
        Node node{"bench-near"};
        auto publisher = node.publisher<T>(meeting.url("near"), patient()).value();
        arena.near.set_url(0, publisher.url());
        arena.near.reach(1);
        publisher.wait_for(1, patience).value();
        Sender<T> sender(publisher, plan, at_once);
        pump(arena, plan, sender);
    };
    twins.far = [&](Arena& arena) {
        Node node{"bench-far"};
        arena.near.await(1);
        auto subscriber =
            node.subscriber<T>(arena.near.url[0].data(), near_the_sender(plan)).value();
        struct {
            Subscriber<T>& subscriber;
            std::size_t bytes;
            Arrival receive() { return receive_from(subscriber, bytes); }
        } channel{subscriber, plan.bytes};
        sink(arena, arena.far, channel);
    };
    return run_twins(twins, limit_seconds(plan));
}

}  // namespace

Measurement own_round_trip(std::string_view scheme, const Plan& plan) {
    return plan.bytes == sizeof(Small) ? round_trip<Small>(scheme, plan)
                                       : round_trip<Bytes>(scheme, plan);
}

Measurement own_stream(std::string_view scheme, const Plan& plan, std::size_t at_once) {
    return plan.bytes == sizeof(Small) ? stream<Small>(scheme, plan, at_once)
                                       : stream<Bytes>(scheme, plan, 1);
}

Measurement own_pointer_round_trip(const Plan& plan) { return round_trip<Block>("inproc", plan); }
Measurement own_pointer_stream(const Plan& plan) { return stream<Block>("inproc", plan, 1); }

}  // namespace mycelium::bench
