#include "apps/cli/pub.h"

#include <algorithm>
#include <utility>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/input.h"
#include "apps/cli/meeting.h"
#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "host/os/clock.h"
#include "host/os/signals.h"
#include "host/os/standard_io.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "pub";
constexpr Duration look_interval =
    std::chrono::milliseconds{20};  // for a signal, while waiting for subscribers
constexpr Duration silence_max = std::chrono::seconds{1};  // of ours, while waiting

/// One run of the verb: a port, what is sent through it, and what became of that.
class Publishing {
public:
    Publishing(const PubOptions& options, PublisherPort port, os::StopSignal stop)
        : options_(options), port_(std::move(port)), stop_(std::move(stop)) {}

    Result<void> wait_for_subscribers();
    Result<void> run(const std::optional<Bytes>& file) {
        auto sent = file ? send_file(*file) : send_lines();
        finish();
        return sent;
    }

private:
    Result<void> send_file(const Bytes& file);
    Result<void> send_lines();
    Result<void> send(std::span<const std::byte> bytes, const Bytes* owner = nullptr);
    Result<void> wait_for_turn();
    void finish();
    bool is_over() const { return stop_.came() || sent_ == limit_; }

    const PubOptions& options_;
    PublisherPort port_;
    os::StopSignal stop_;
    std::uint64_t limit_ = options_.count.value_or(UINT64_MAX);
    std::uint64_t sent_ = 0;
    std::uint32_t subscribers_ = 0;  // most at a time
    Instant next_turn_{};
};

Result<void> Publishing::wait_for_subscribers() {
    const Instant deadline = options_.timeout ? after(*options_.timeout) : never;
    const Instant words = after(silence_max);
    bool is_said = false;
    while (options_.wait > 0 && !stop_.came()) {
        const Instant now = os::now();
        auto waited = port_.wait_for(
            options_.wait, std::min(look_interval, std::max(deadline - now, Duration{0})));
        if (waited) break;
        if (waited.error() != Errc::timeout) return waited;
        MYCELIUM_TRY(check_dialled(port_));
        if (now >= deadline)
            return Error{Errc::timeout, std::to_string(port_.peers()) + " of " +
                                            count_of(options_.wait, "subscriber") + " came to " +
                                            joined(port_.urls()) + " within " +
                                            text_of(*options_.timeout)};
        if (now >= words && !std::exchange(is_said, true))
            say(verb, "waiting for " + count_of(options_.wait, "subscriber") + " at " +
                          joined(port_.urls()));
    }
    subscribers_ = static_cast<std::uint32_t>(port_.peers());
    return {};
}

Result<void> Publishing::send_file(const Bytes& file) {
    if (!options_.count) limit_ = 1;
    while (!is_over()) MYCELIUM_TRY(send(file.span(), &file));
    return {};
}

Result<void> Publishing::send_lines() {
    Lines lines{options_.end.message_bytes_max};
    for (bool is_end = false; !is_end && !is_over();) {
        port_.flush();
        MYCELIUM_TRY_ASSIGN(const os::Ready ready,
                            os::wait_to_read(os::standard_input, stop_.fd(), never));
        if (ready == os::Ready::stopped) break;
        const Io io = os::read_some(os::standard_input, lines.room(64 * KiB));
        if (io.kind == Io::Kind::broken)
            return Error{Errc::unavailable, "standard input cannot be read", io.error};
        lines.came(io.count);
        is_end = io.kind == Io::Kind::end;
        if (is_end) lines.finish();
        while (!is_over()) {
            const auto line = lines.next();
            if (!line) break;
            MYCELIUM_TRY(send(*line));
        }
        if (!is_over() && lines.is_too_long())
            return Error{Errc::overloaded, "line " + std::to_string(lines.count() + 1) +
                                               " is longer than " +
                                               text_of_size(options_.end.message_bytes_max) +
                                               ": raise --message-max"};
    }
    return {};
}

Result<void> Publishing::send(std::span<const std::byte> bytes, const Bytes* owner) {
    MYCELIUM_TRY(wait_for_turn());
    if (stop_.came()) return {};
    Payload payload;
    payload.bytes = bytes;
    payload.has_bytes = true;
    if (owner) payload.owner = owner->owner();
    const Outcome outcome = port_.publish(payload);
    if (!outcome) return Error{outcome.error()};
    subscribers_ = std::max(subscribers_, outcome.subscribers());
    ++sent_;
    return {};
}

Result<void> Publishing::wait_for_turn() {
    if (!options_.rate) return {};
    const auto interval = Duration{static_cast<Duration::rep>(1e9 / *options_.rate)};
    const Instant now = os::now();
    // Behind by more than a second (a reader held us up), the lost turns are not made up for.
    if (next_turn_ < now - std::chrono::seconds{1}) next_turn_ = now;
    if (next_turn_ > now) {
        port_.flush();
        MYCELIUM_TRY(os::wait_to_read(-1, stop_.fd(), next_turn_));
    }
    next_turn_ += interval;
    return {};
}

/// Waits until all is delivered or lost, and says which.
void Publishing::finish() {
    (void)port_.drain(options_.linger);
    const Counters counters = port_.counters();
    auto dropped = counters.dropped;
    dropped[static_cast<std::size_t>(DropReason::lingered_out)] += counters.in_flight();
    std::uint64_t lost = 0;
    for (const std::uint64_t count : dropped) lost += count;
    lost -= counters.dropped[static_cast<std::size_t>(DropReason::not_asked_for)];
    std::string reasons;
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
        if (dropped[reason] != 0)
            reasons += std::string{reasons.empty() ? " (" : ", "} +
                       std::string{name_of(static_cast<DropReason>(reason))} + " " +
                       std::to_string(dropped[reason]);
    if (!reasons.empty()) reasons += ")";
    std::string text = "published " + count_of(counters.published, "message") + " to " +
                       count_of(subscribers_, "subscriber") + ": " +
                       std::to_string(counters.delivered) + " delivered, " + std::to_string(lost) +
                       " lost" + reasons;
    if (counters.no_subscriber != 0)
        text += ", " + std::to_string(counters.no_subscriber) + " with nobody there";
    say(verb, text);
}

Result<int> publish(const PubOptions& options) {
    MYCELIUM_TRY_ASSIGN(os::StopSignal stop, os::StopSignal::create());
    std::optional<Bytes> file;
    if (options.file) {
        MYCELIUM_TRY_ASSIGN(file,
                            read_input(*options.file, options.end.message_bytes_max, stop.fd()));
    }
    Node node = node_of(verb);
    PublisherOptions port_options;
    port_options.role = options.end.role;
    port_options.linger = Duration{0};  // finish() has waited
    port_options.message_bytes_max = options.end.message_bytes_max;
    auto port = node.publisher_port(options.end.urls, any_schema(), port_options);
    if (!port) return fail_to_open(verb, port.error());
    if (options.end.role != Role::connect) say_where(verb, options.end.urls, port->urls());
    Publishing publishing{options, *std::move(port), std::move(stop)};
    if (auto met = publishing.wait_for_subscribers(); !met) return fail_to_open(verb, met.error());
    MYCELIUM_TRY(publishing.run(file));
    return exit_success;
}

}  // namespace

int run_pub(const PubOptions& options) {
    const auto published = publish(options);
    return published ? *published : fail(verb, published.error());
}

}  // namespace mycelium::cli
