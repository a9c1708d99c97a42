#include "benchmarks/rivals/records.h"

#include <optional>
#include <stdexcept>
#include <string>

#include "benchmarks/own/ends.h"
#include "benchmarks/own/meeting.h"
#include "benchmarks/rivals/record.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

class Publishing {
public:
    Publishing(const std::string& url, const Plan& plan)
        : publisher_(node_.publisher<Record>(url, patient()).value()),
          sender_(publisher_, plan, 1) {}
    void wait_for(std::size_t receivers) { publisher_.wait_for(receivers, patience).value(); }
    void send(std::uint64_t number) { sender_.send(number); }
    void flush() { sender_.flush(); }

private:
    Node node_{"rivals-out"};
    Publisher<Record> publisher_;
    Sender<Record> sender_;
};

class Subscription {
public:
    Subscription(const std::string& url, const Plan& plan)
        : subscriber_(node_.subscriber<Record>(url).value()), bytes_(plan.bytes) {}
    void join() { subscriber_.wait_for(1, patience).value(); }
    Arrival receive() {
        const auto sample = subscriber_.receive();
        if (!sample) throw std::runtime_error("receive: " + sample.error().to_string());
        return arrival_of(**sample, bytes_);
    }

private:
    Node node_{"rivals-in"};
    Subscriber<Record> subscriber_;
    std::size_t bytes_;
};

/// Listens to the other side when that is there.
class Conversation {
public:
    Conversation(const std::string& out, std::string in, const Plan& plan)
        : publishing_(out, plan), in_(std::move(in)), plan_(plan) {}
    void join() {
        subscription_.emplace(in_, plan_);
        subscription_->join();
        publishing_.wait_for(1);
    }
    void send(std::uint64_t number) { publishing_.send(number); }
    void flush() noexcept {}
    Arrival receive() { return subscription_->receive(); }

private:
    Publishing publishing_;
    std::string in_;
    Plan plan_;
    std::optional<Subscription> subscription_;
};

}  // namespace

Measurement own_record_round_trip(std::string_view scheme, const Plan& plan) {
    const Meeting meeting{scheme};
    const auto make = [&](const char* out, const char* in) {
        return Conversation(meeting.url(out), meeting.url(in), plan);
    };
    return round_trip_of(
        plan, {}, [&] { return make("there", "back"); }, [&] { return make("back", "there"); });
}

Measurement own_record_stream(std::string_view scheme, const Plan& plan) {
    const Meeting meeting{scheme};
    const std::string url = meeting.url("there");
    return stream_of(
        plan, {}, First::sender, 1, [&] { return Publishing(url, plan); },
        [&](std::size_t) { return Subscription(url, plan); });
}

}  // namespace mycelium::bench
