#include "apps/cli/sub.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/meeting.h"
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
constexpr Duration silence_max = std::chrono::seconds{1};  // of ours, while nobody publishes

/// One run of the verb: a port, and what came through it.
class Subscribing {
public:
    Subscribing(const SubOptions& options, SubscriberPort port, os::StopSignal stop)
        : options_(options), port_(std::move(port)), stop_(std::move(stop)), output_(stop_.fd()) {}

    Result<int> run() {
        auto received = receive();
        if (wrong_url_) return fail_to_open(verb, wrong_url_->error());
        if (auto flushed = output_.flush(); received && !flushed) received = std::move(flushed);
        say_missed();
        if (!received) return std::move(received).error();
        return exit_success;
    }

private:
    Result<void> receive();
    Result<void> write(const Message& message);
    Result<void> wait();
    void say_missed();
    void note_events();
    void say_who_is_missing();
    Error silence() const;
    bool is_over() const {
        return wrong_url_ || count_ >= limit_ || is_silent_ || is_reader_gone_ || stop_.came() ||
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
    Instant words_ = after(silence_max);
    bool has_met_ = false;      // a publisher
    std::string refusal_said_;  // the last one
    std::optional<Refusal> wrong_url_;
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
    note_events();
    if (is_silent_ && options_.count) return silence();
    if (is_silent_ && !has_met_) say(verb, silence().message());
    return {};
}

Error Subscribing::silence() const {
    const std::string where = joined(port_.urls());
    if (!has_met_)
        return {Errc::timeout,
                "no publisher came to " + where + " within " + text_of(*options_.timeout)};
    return {Errc::timeout, std::to_string(count_) + " of " + count_of(limit_, "message") +
                               " came from " + where + " before " + text_of(*options_.timeout) +
                               " of silence"};
}

/// Who came, and why nobody could.
void Subscribing::note_events() {
    has_met_ = has_met_ || count_ > 0;
    while (const auto event = port_.try_event()) {
        has_met_ = has_met_ || event->kind == Event::Kind::connected;
        const auto refusal = refusal_of(*event);
        if (!refusal) continue;
        if (refusal->is_url_wrong)
            wrong_url_ = refusal;
        else if (std::exchange(refusal_said_, refusal->text()) != refusal->text())
            say(verb, refusal->text());
    }
}

void Subscribing::say_who_is_missing() {
    words_ = never;
    if (has_met_) return;
    const auto waited = port_.wait_for(1, Duration{0});
    if (waited) return;
    const std::string why = !refusal_said_.empty() ? "" : why_nobody(waited.error(), port_.urls());
    say(verb, "waiting for a publisher at " + joined(port_.urls()) + why);
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
    MYCELIUM_TRY_ASSIGN(const int ready, os::poll(polled, std::min(silence_ends_, words_)));
    note_events();
    const Instant now = os::now();
    is_silent_ = ready == 0 && now >= silence_ends_;
    if (now >= words_) say_who_is_missing();
    is_reader_gone_ = polled[2].is_ready;
    return {};
}

void Subscribing::say_missed() {
    if (std::exchange(missed_said_, missed_.count()) != missed_.count())
        say(verb, "missed " + count_of(missed_.count(), "message") + " so far (" +
                      reasons_of(missed_) + ")");
}

Result<int> subscribe(const SubOptions& options) {
    MYCELIUM_TRY_ASSIGN(os::StopSignal stop, os::StopSignal::create());
    Node node = node_of(verb, Warnings::kept);
    SubscriberOptions port_options;
    port_options.role = options.end.role;
    port_options.slow = options.policy;
    port_options.queue_messages_max = options.queue_messages_max;
    port_options.types = options.types;
    port_options.message_bytes_max = options.end.message_bytes_max;
    auto port = node.subscriber_port(options.end.urls, any_schema(), port_options);
    if (!port) return fail_to_open(verb, port.error());
    if (options.end.role == Role::bind) say_where(verb, options.end.urls, port->urls());
    return Subscribing(options, *std::move(port), std::move(stop)).run();
}

}  // namespace

int run_sub(const SubOptions& options) {
    const auto received = subscribe(options);
    return received ? *received : fail(verb, received.error());
}

}  // namespace mycelium::cli
