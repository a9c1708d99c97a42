#include "relay_parts.h"

#include <sstream>
#include <thread>

#include "attacked.h"

namespace mycelium::attack {

namespace {

std::string text_of(const RelayReport& report) {
    RelayCounts sum;
    for (const RelaySource& source : report.sources)
        for (const std::uint64_t count : source.missed) sum.lost_on_the_way += count;
    for (const RelayConsumer& consumer : report.consumers) {
        ++sum.consumers;
        sum.sent += consumer.sent;
        sum.delivered += consumer.delivered;
        sum.lag += consumer.lag;
        for (const std::uint64_t count : consumer.dropped) sum.dropped += count;
    }
    std::ostringstream text;
    text << report.forwarded << ' ' << report.malformed << ' ' << report.misrouted << ' '
         << sum.lost_on_the_way << ' ' << sum.consumers << ' ' << sum.sent << ' ' << sum.delivered
         << ' ' << sum.dropped << ' ' << sum.lag;
    return text.str();
}

}  // namespace

int play_relay(const Part& part, Channel& channel) {
    Node node{quiet("relay")};
    RelayOptions options;
    options.domain = 1;
    options.in = part.text("in");
    options.out = part.text("out");
    options.message_bytes_max = part.number("size", limits::message_bytes_max);
    options.linger = 100ms;
    auto relay = Relay::create(node, options);
    if (!relay) {
        channel.say(relay.error().to_string());
        return 1;
    }
    int code = 0;
    std::thread running{[&] { code = relay->run().ok() ? 0 : 2; }};
    channel.say("ready");
    while (!channel.has_ended())
        if (channel.hear(std::chrono::hours{1}) == "counts") channel.say(text_of(relay->report()));
    relay->stop();
    running.join();
    return code;
}

RelayProcess::RelayProcess(std::string in, std::string out, std::uint64_t message_bytes_max)
    : in_(std::move(in)), out_(std::move(out)), message_bytes_max_(message_bytes_max) {
    start();
}

void RelayProcess::start() {
    Part part{"relay", "", {{"in", in_}, {"out", out_}}};
    if (message_bytes_max_ != 0) part.arguments["size"] = std::to_string(message_bytes_max_);
    peer_.emplace(Deployment::processes, part);
    EXPECT_EQ(peer_->hear(), "ready");
}

RelayCounts RelayProcess::counts() {
    peer_->say("counts");
    RelayCounts all;
    std::istringstream words{peer_->hear()};
    words >> all.forwarded >> all.malformed >> all.misrouted >> all.lost_on_the_way >>
        all.consumers >> all.sent >> all.delivered >> all.dropped >> all.lag;
    EXPECT_TRUE(words) << "the relay has not told its counts";
    return all;
}

}  // namespace mycelium::attack
