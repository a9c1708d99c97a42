// The parts that peers play. Each says what it has done, line by line, and does what it is told,
// until it hears the end.
#include <functional>
#include <sstream>
#include <thread>

#include "eventually.h"
#include "part.h"
#include "types.h"

namespace mycelium::conformance {
namespace {

/// A part listens until the test ends it, or is gone.
constexpr Duration listening = std::chrono::hours{1};

/// The `number`-th value of each type that is sent.
template <class T>
T value_of(std::uint64_t number, const Part&);
template <>
Tick value_of<Tick>(std::uint64_t number, const Part& part) {
    return tick(number, static_cast<std::uint32_t>(part.number("id", 0)));
}
template <>
Trade value_of<Trade>(std::uint64_t number, const Part&) {
    Trade trade{};
    trade.asset_id = number;
    trade.price = -static_cast<std::int64_t>(number);
    return trade;
}
template <>
Order value_of<Order>(std::uint64_t number, const Part&) {
    return order(static_cast<std::int64_t>(number));
}
template <>
Bytes value_of<Bytes>(std::uint64_t, const Part& part) {
    return pattern_of(part.number("size", 100));
}

bool same(const Tick& a, const Tick& b) {
    return a.number == b.number && a.check == b.check && a.value == b.value;
}
bool same(const Trade& a, const Trade& b) { return a.asset_id == b.asset_id && a.price == b.price; }
template <class T>
bool same(const T& a, const T& b) {
    return a == b;
}

Node node_of(const Part& part) {
    NodeOptions options;
    options.name = part.text("node", part.name);
    options.transports = transport_named(part.transport).transports();
    options.log = [](std::string_view) {};
    return Node{options};
}

mycelium::Role role_of(const Part& part) {
    const std::string text = part.text("role");
    return text == "bind" ? Role::bind : text == "connect" ? Role::connect : Role::usual;
}

int refuse(Channel& channel, const Error& error) {
    channel.say("error " + error.to_string());
    return 1;
}

/// "go N": waits for `wait` subscribers and publishes N more. "drain".
template <class T>
int publish(const Part& part, Channel& channel) {
    Node home = node_of(part);
    PublisherOptions options;
    options.role = role_of(part);
    options.history = part.number("history", 0);
    options.block_max = std::chrono::milliseconds{part.number("block_max_ms", 60'000)};
    options.linger = std::chrono::milliseconds{part.number("linger_ms", 30'000)};
    auto publisher = home.publisher<T>(part.text("url"), options);
    if (!publisher) return refuse(channel, publisher.error());
    channel.say("ready " + publisher->url());
    std::uint64_t number = 0;
    while (auto line = channel.hear(listening)) {
        std::istringstream words{*line};
        std::string verb;
        std::uint64_t count = 0;
        words >> verb >> count;
        if (verb == "go") {
            if (auto there = publisher->wait_for(part.number("wait", 1), patience); !there)
                return refuse(channel, there.error());
            for (std::uint64_t i = 0; i < count; ++i)
                if (auto outcome = publisher->publish(value_of<T>(++number, part)); !outcome)
                    return refuse(channel, outcome.error());
            publisher->flush();
            channel.say("published " + std::to_string(number));
        } else if (verb == "drain") {
            if (auto drained = publisher->drain(patience); !drained)
                return refuse(channel, drained.error());
            const Counters counters = publisher->counters();
            channel.say("sent " + std::to_string(counters.sent) + " delivered " +
                        std::to_string(counters.delivered) + " dropped " +
                        std::to_string(counters.dropped_total()));
        } else {
            return refuse(channel, {Errc::invalid, "no such order: " + *line});
        }
    }
    return 0;
}

/// "take N": receives until N messages are accounted for, in order and whole. "until N": until
/// sequence N.
template <class T>
int subscribe(const Part& part, Channel& channel) {
    Node home = node_of(part);
    SubscriberOptions options;
    options.role = role_of(part);
    const std::string policy = part.text("policy", "block");
    for (auto slow :
         {SlowReader::block, SlowReader::drop_oldest, SlowReader::latest, SlowReader::disconnect})
        if (name_of(slow) == policy) options.slow = slow;
    options.queue_messages_max = part.number("queue", options.queue_messages_max);
    auto subscriber = home.subscriber<T>(part.text("url"), options);
    if (!subscriber) return refuse(channel, subscriber.error());
    channel.say("ready " + subscriber->url());
    std::uint64_t received = 0, last = 0;
    Missed missed;
    while (auto line = channel.hear(listening)) {
        std::istringstream words{*line};
        std::string verb;
        std::uint64_t count = 0;
        words >> verb >> count;
        const std::uint64_t goal = verb == "take" ? received + missed.count() + count : 0;
        while (verb == "take" ? received + missed.count() < goal : last < count) {
            auto sample = subscriber->receive_for(patience);
            if (!sample) return refuse(channel, sample.error());
            missed.add(sample->missed());
            const std::uint64_t sequence = sample->header().sequence;
            if (sequence == 1) last = 0;  // a publisher's new life
            if (last != 0 && sequence != last + 1 + sample->missed().count())
                return refuse(channel,
                              {Errc::internal, "sequence " + std::to_string(sequence) + " after " +
                                                   std::to_string(last) + ", missed " +
                                                   std::to_string(sample->missed().count())});
            if (!same(**sample, value_of<T>(sequence, part)))
                return refuse(channel, {Errc::internal,
                                        "message " + std::to_string(sequence) + " is changed"});
            last = sequence;
            ++received;
        }
        channel.say("received " + std::to_string(received) + " missed " +
                    std::to_string(missed.count()));
    }
    return 0;
}

using PlayFunction = std::function<int(const Part&, Channel&)>;

int publish_any(const Part& part, Channel& channel) {
    const std::string type = part.text("type", "tick");
    if (type == "trade") return publish<Trade>(part, channel);
    if (type == "order") return publish<Order>(part, channel);
    if (type == "bytes") return publish<Bytes>(part, channel);
    return publish<Tick>(part, channel);
}

int subscribe_any(const Part& part, Channel& channel) {
    const std::string type = part.text("type", "tick");
    if (type == "trade") return subscribe<Trade>(part, channel);
    if (type == "order") return subscribe<Order>(part, channel);
    if (type == "bytes") return subscribe<Bytes>(part, channel);
    return subscribe<Tick>(part, channel);
}

/// Answers until it hears the end. The method says how: "fail", "drop", "hold" (keeps it), else the
/// question itself.
int reply(const Part& part, Channel& channel) {
    Node home = node_of(part);
    ReplierOptions options;
    options.role = role_of(part);
    options.requests_held_max = part.number("held", options.requests_held_max);
    auto replier = home.replier<Bytes, Bytes>(part.text("url"), options);
    if (!replier) return refuse(channel, replier.error());
    channel.say("ready " + replier->url());
    std::thread serving{[&] {
        std::vector<Request<Bytes, Bytes>> held;
        while (auto request = replier->receive()) {
            if (request->is_notification())
                channel.say("notified " + std::string{request->question().text()});
            else if (request->method() == "fail")
                (void)request->fail(7, "told to fail");
            else if (request->method() == "drop")
                continue;
            else if (request->method() == "hold") {
                held.push_back(*std::move(request));
                channel.say("holding " + std::to_string(held.size()));
            } else
                (void)request->answer(request->question());
        }
    }};
    while (channel.hear(listening)) {
    }
    home.stop();
    serving.join();
    return 0;
}

/// "call METHOD TEXT": says the answer or the error. "many N": N calls at once, echoed.
int request(const Part& part, Channel& channel) {
    Node home = node_of(part);
    RequesterOptions options;
    options.role = role_of(part);
    auto requester = home.requester<Bytes, Bytes>(part.text("url"), options);
    if (!requester) return refuse(channel, requester.error());
    channel.say("ready " + requester->url());
    while (auto line = channel.hear(listening)) {
        std::istringstream words{*line};
        std::string verb, method, text;
        words >> verb >> method >> text;
        if (verb == "call") {
            auto answer = requester->call(Bytes::copy_of(text), patience, method);
            if (answer)
                channel.say("answer " + std::string{(*answer)->text()});
            else
                channel.say("error " + answer.error().to_string());
        } else if (verb == "notify") {
            if (auto outcome = requester->notify(Bytes::copy_of(text), method); !outcome)
                return refuse(channel, outcome.error());
            channel.say("notified");
        } else {
            std::vector<PendingCall<Bytes>> pending;
            const std::uint64_t count = std::stoull(method);
            for (std::uint64_t i = 0; i < count; ++i) {
                auto begun =
                    requester->begin_call(Bytes::copy_of(std::to_string(i)), patience, "echo");
                if (!begun) return refuse(channel, begun.error());
                pending.push_back(*std::move(begun));
            }
            std::uint64_t answered = 0;
            for (std::uint64_t i = 0; i < count; ++i) {
                auto answer = pending[i].wait();
                if (!answer) return refuse(channel, answer.error());
                answered += (*answer)->text() == std::to_string(i) ? 1 : 0;
            }
            channel.say("answered " + std::to_string(answered));
        }
    }
    return 0;
}

}  // namespace

int play(const Part& part, Channel& channel) {
    static const std::map<std::string, PlayFunction> parts{{"publish", publish_any},
                                                           {"subscribe", subscribe_any},
                                                           {"reply", reply},
                                                           {"request", request}};
    const auto found = parts.find(part.name);
    if (found == parts.end()) return refuse(channel, {Errc::invalid, "no such part: " + part.name});
    return found->second(part, channel);
}

}  // namespace mycelium::conformance
