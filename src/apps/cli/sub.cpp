#include "apps/cli/sub.h"

#include <array>
#include <utility>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/message_json.h"
#include "apps/cli/output.h"
#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "host/os/clock.h"
#include "host/os/poll.h"
#include "host/os/signals.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "sub";

/// One run of the verb: a port, and what came through it.
class Subscribing {
public:
    Subscribing(const SubOptions& options, SubscriberPort port, os::StopSignal stop)
        : options_(options), port_(std::move(port)), stop_(std::move(stop)), output_(stop_.fd()) {}

    Result<void> run() {
        auto received = receive();
        if (auto flushed = output_.flush(); received && !flushed) received = std::move(flushed);
        say_missed();
        return received;
    }

private:
    Result<void> receive();
    Result<void> write(const Message& message);
    Result<void> wait();
    void say_missed();
    bool is_over() const {
        return count_ >= limit_ || is_silent_ || is_reader_gone_ || stop_.came() ||
               output_.is_abandoned();
    }

    const SubOptions& options_;
    SubscriberPort port_;
    os::StopSignal stop_;
    Output output_;
    std::uint64_t limit_ = options_.count.value_or(UINT64_MAX);
    std::uint64_t count_ = 0;
    std::uint64_t count_before_wait_ = 0;
    Instant silence_ends_ = options_.timeout ? after(*options_.timeout) : never;
    bool is_silent_ = false;
    bool is_reader_gone_ = false;
    Missed missed_;
    std::uint64_t missed_said_ = 0;
};

Result<void> Subscribing::receive() {
    while (!is_over()) {
        MYCELIUM_TRY_ASSIGN(const Message* message, port_.try_receive());
        if (message)
            MYCELIUM_TRY(write(*message));
        else
            MYCELIUM_TRY(wait());
    }
    if (is_silent_ && options_.count)
        return Error{Errc::timeout, std::to_string(count_) + " of " + count_of(limit_, "message") +
                                        " came from " + joined(port_.urls()) + " before " +
                                        text_of(*options_.timeout) + " of silence"};
    return {};
}

Result<void> Subscribing::write(const Message& message) {
    ++count_;
    missed_.add(message.missed);
    if (options_.form == SubOptions::Form::json) {
        MYCELIUM_TRY(output_.write(json_of_message(message, port_.description())));
    } else {
        MYCELIUM_TRY(output_.write(message.payload.bytes));
    }
    return options_.form == SubOptions::Form::raw ? Result<void>{} : output_.write("\n");
}

/// The input pauses: shows what there is, then waits for more, a signal, silence or the end of the
/// reader.
Result<void> Subscribing::wait() {
    MYCELIUM_TRY(output_.flush());
    say_missed();
    if (options_.timeout && std::exchange(count_before_wait_, count_) != count_)
        silence_ends_ = after(*options_.timeout);
    std::array<os::Polled, 3> polled{os::Polled{port_.fd(), false, false},
                                     os::Polled{stop_.fd(), false, false},
                                     os::Polled{output_.hang_up_fd(), false, false}};
    MYCELIUM_TRY_ASSIGN(const int ready, os::poll(polled, silence_ends_));
    is_silent_ = ready == 0;
    is_reader_gone_ = polled[2].is_ready;
    return {};
}

void Subscribing::say_missed() {
    if (std::exchange(missed_said_, missed_.count()) != missed_.count())
        say(verb, "missed " + count_of(missed_.count(), "message") + " so far (" +
                      reasons_of(missed_) + ")");
}

Result<void> subscribe(const SubOptions& options) {
    MYCELIUM_TRY_ASSIGN(os::StopSignal stop, os::StopSignal::create());
    Node node = node_of(verb);
    SubscriberOptions port_options;
    port_options.role = options.end.role;
    port_options.slow = options.policy;
    port_options.queue_messages_max = options.queue_messages_max;
    port_options.message_bytes_max = options.end.message_bytes_max;
    MYCELIUM_TRY_ASSIGN(SubscriberPort port,
                        node.subscriber_port(options.end.urls, any_schema(), port_options));
    if (options.end.role == Role::bind) say_where(verb, options.end.urls, port.urls());
    return Subscribing{options, std::move(port), std::move(stop)}.run();
}

}  // namespace

int run_sub(const SubOptions& options) {
    const auto received = subscribe(options);
    return received ? exit_success : fail(verb, received.error());
}

}  // namespace mycelium::cli
