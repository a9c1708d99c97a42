// Boost.Interprocess: message_queue.
#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/version.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/own/meeting.h"
#include "benchmarks/rivals/fan.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

namespace ip = boost::interprocess;

constexpr std::size_t queue_messages_max = 1024;
constexpr std::size_t queue_bytes_max = 16 << 20;

/// A name of shared memory and the queue behind it, removed at the end.
class Queue {
public:
    explicit Queue(std::size_t bytes)
        : name_(directory_.path().substr(directory_.path().rfind('/') + 1)),
          queue_(ip::create_only, name_.c_str(),
                 std::clamp<std::size_t>(queue_bytes_max / bytes, 4, queue_messages_max), bytes) {}
    ~Queue() { ip::message_queue::remove(name_.c_str()); }
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;
    const std::string& name() const noexcept { return name_; }

private:
    TemporaryDirectory directory_;  // its name is like no other
    std::string name_;
    ip::message_queue queue_;
};

/// A queue to send to and one to receive from.
class Channel {
public:
    Channel(const Queue& out, const Queue& in, std::size_t bytes)
        : out_queue_(ip::open_only, out.name().c_str()),
          in_queue_(ip::open_only, in.name().c_str()),
          out_(bytes, std::byte{'x'}),
          in_(bytes) {}

    void send(std::uint64_t number) {
        stamp(out_, number);
        out_queue_.send(out_.data(), out_.size(), 0);
    }
    void flush() noexcept {}
    Arrival receive() {
        ip::message_queue::size_type size = 0;
        unsigned priority = 0;
        in_queue_.receive(in_.data(), in_.size(), size, priority);
        if (size != in_.size()) return {0, Arrival::Kind::wrong, false};
        return read_stamp(in_);
    }

private:
    ip::message_queue out_queue_;
    ip::message_queue in_queue_;
    std::vector<std::byte> out_;
    std::vector<std::byte> in_;
};

Measurement round_trip(const Plan& plan) {
    const Queue there(plan.bytes);
    const Queue back(plan.bytes);
    return round_trip_of(
        plan, {}, [&] { return Channel(there, back, plan.bytes); },
        [&] { return Channel(back, there, plan.bytes); });
}

Measurement stream_to(std::size_t receivers, const Plan& plan) {
    std::vector<std::unique_ptr<Queue>> queues;
    for (std::size_t i = 0; i < receivers; ++i)
        queues.push_back(std::make_unique<Queue>(plan.bytes));
    return stream_of(
        plan, {}, First::receivers, receivers,
        [&] {
            Fan<Channel> fan;
            for (const auto& queue : queues)
                fan.add(std::make_unique<Channel>(*queue, *queue, plan.bytes));
            return fan;
        },
        [&](std::size_t index) { return Channel(*queues[index], *queues[index], plan.bytes); });
}

Measurement stream(const Plan& plan) { return stream_to(1, plan); }
Measurement fan_out(const Plan& plan) { return stream_to(receivers_max, plan); }

}  // namespace

Rival boost_queue() {
    return {
        "boost",
        std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000),
        "interprocess::message_queue of at most 1024 messages and 16 MiB, blocking send and "
        "receive, one priority; fan-out by a queue for each receiver",
        {{Job::round_trip, Way::shm, round_trip},
         {Job::stream, Way::shm, stream},
         {Job::fan_out, Way::shm, fan_out}}};
}

}  // namespace mycelium::bench
