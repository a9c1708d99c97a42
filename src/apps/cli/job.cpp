#include "apps/cli/job.h"

#include <algorithm>
#include <array>
#include <utility>

#include "apps/cli/quantity.h"
#include "apps/cli/text.h"
#include "host/os/standard_io.h"

namespace mycelium::cli {

namespace {

constexpr Duration cancel_interval =
    std::chrono::milliseconds{50};  // a cancelled request has no descriptor
constexpr std::size_t piece_bytes = 64 * KiB;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
    return text;
}

}  // namespace

Result<Job> Job::start(RequestPort request, const std::string& command, const JobLimits& limits,
                       Instant now) {
    const std::string method = "MYCELIUM_METHOD=" + std::string{request.method()};
    auto child = os::Child::start(command, std::array{method});
    if (!child) {
        (void)request.fail(0, child.error().message());
        return std::move(child).error();
    }
    return Job{std::move(request), *std::move(child), limits, now};
}

Job::Job(RequestPort request, os::Child child, const JobLimits& limits, Instant now) noexcept
    : request_(std::move(request)),
      child_(std::move(child)),
      limits_(limits),
      output_(std::make_shared<std::vector<std::byte>>()),
      deadline_(std::min(request_.deadline(), now + limits.timeout)) {}

void Job::add_to(std::vector<os::Polled>& polled) const {
    polled.push_back({child_.input(), true, false});
    polled.push_back({child_.output(), false, false});
    polled.push_back({child_.errors(), false, false});
    polled.push_back({child_.exited(), false, false});
}

Instant Job::next_look(Instant now) const noexcept {
    return std::min(now + cancel_interval, kill_at_.value_or(deadline_));
}

bool Job::advance(Instant now) {
    feed();
    const auto end = child_.try_wait();  // before the last look at what it wrote
    collect_output(now);
    collect_errors();
    if (!end) return keep_time(now), false;
    answer(*end);
    return true;
}

void Job::feed() {
    const auto body = request_.question().bytes;
    while (child_.input() >= 0 && fed_ < body.size()) {
        const auto rest = body.subspan(fed_);
        const Io io =
            os::write_some(child_.input(), rest.first(std::min(rest.size(), piece_bytes)));
        if (io.kind == Io::Kind::would_block) return;
        if (io.kind == Io::Kind::broken) break;  // it does not want the rest
        fed_ += io.count;
    }
    child_.close_input();
}

void Job::collect_output(Instant now) {
    while (child_.output() >= 0) {
        const std::size_t size = output_->size();
        output_->resize(size + piece_bytes);
        const Io io = os::read_some(child_.output(), std::span{*output_}.subspan(size));
        output_->resize(size + io.count);
        if (io.kind == Io::Kind::would_block) return;
        if (io.kind != Io::Kind::done) return child_.close_output();
        if (output_->size() > limits_.answer_bytes_max) {
            end(now,
                "the command's answer is longer than " + text_of_size(limits_.answer_bytes_max));
            return child_.close_output();
        }
    }
}

void Job::collect_errors() {
    std::array<std::byte, 4 * KiB> piece;
    // A bounded number of turns: a command that never stops writing must not keep us from looking
    // at the clock.
    for (int turn = 0; turn < 64 && child_.errors() >= 0; ++turn) {
        const Io io = os::read_some(child_.errors(), piece);
        if (io.kind == Io::Kind::would_block) return;
        if (io.kind != Io::Kind::done) return child_.close_errors();
        errors_.append(reinterpret_cast<const char*>(piece.data()), io.count);
        if (errors_.size() > limits_.error_bytes_max)
            errors_.erase(0, errors_.size() - limits_.error_bytes_max);
    }
}

void Job::keep_time(Instant now) {
    // Whoever sent a notification need not stay for it.
    if (!ended_ && !request_.is_notification() && request_.is_cancelled()) end(now, "cancelled");
    if (!ended_ && now >= deadline_) end(now, "the command took too long");
    if (kill_at_ && now >= *kill_at_) {
        child_.kill();
        kill_at_ = never;
    }
}

void Job::end(Instant now, std::string reason) {
    if (ended_) return;
    ended_ = std::move(reason);
    kill_at_ = now + limits_.grace;
    child_.terminate();
}

void Job::answer(const os::ChildEnd& end) {
    if (ended_) return refuse(0, *ended_);
    if (!end.is_success()) {
        const std::string said = printable(trimmed(errors_));
        return refuse(end.signal != 0 ? 128 + end.signal : end.status,
                      said.empty() ? "the command " + end.to_string() : said);
    }
    if (request_.is_notification()) return;
    Payload payload;
    payload.bytes = *output_;
    payload.has_bytes = true;
    payload.owner = output_;
    if (auto answered = request_.answer(payload); !answered) failure_ = answered.error();
}

void Job::refuse(std::int64_t detail, std::string message) {
    if (!request_.is_notification()) (void)request_.fail(detail, message);
    failure_ = Error{Errc::failed, std::move(message), detail};
}

}  // namespace mycelium::cli
