#include "fabric/requester_state.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "core/wire/error_info.h"
#include "core/wire/fast_message.h"
#include "host/os/clock.h"
#include "host/os/error.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t batch_max = 64;
// Per link and look: one that floods must not hold the port.
constexpr int batches_max = 16;
constexpr std::size_t cancelled_max = 64;  // then answers that nobody awaits are looked for

Error error_from(const Message& message) {
    auto decoded = wire::decode_fast_message(message.payload.bytes);
    if (!decoded || !decoded->error)
        return {Errc::malformed, "an error answer that cannot be read"};
    return wire::error_of(*decoded->error);
}

Answer answer_from(const Message& message) {
    Answer answer{message.payload};
    if (!answer.payload.owner && answer.payload.has_bytes) {
        const Bytes copy = Bytes::copy_of(answer.payload.bytes);
        answer.payload.bytes = copy.span();
        answer.payload.owner = copy.owner();
    }
    return answer;
}

}  // namespace

RequesterState::RequesterState(std::shared_ptr<NodeCore> node, const Schema& question,
                               const Schema& answer, const RequesterOptions& options)
    : Port(node, wire::Pattern::requester, question, answer, options.message_bytes_max,
           options.waiting),
      options_(options),
      encoder_(node->pool()) {}

RequesterState::LinkPtr RequesterState::least_busy() const {
    LinkPtr best;
    std::size_t best_open = 0;
    for (const LinkPtr& link : links_) {
        if (link->is_hung_up() || link->closed()) continue;
        const auto found = open_.find(link->id);
        const std::size_t open = found == open_.end() ? 0 : found->second;
        if (!best || open < best_open) {
            best = link;
            best_open = open;
        }
    }
    return best;
}

Result<RequesterState::LinkPtr> RequesterState::offer(const Payload& question, CallInfo info) {
    if (info.method.size() > limits::method_bytes_max)
        return Error{Errc::invalid, "a method's name has at most method_bytes_max, " +
                                        std::to_string(limits::method_bytes_max) + ", bytes"};
    while (const LinkPtr link = least_busy()) {
        if (!link->has_room(1, 0))
            return Error{Errc::overloaded,
                         "the replier does not keep up: queue_messages_max requests wait"};
        std::array<Message, 1> messages;
        messages[0].call = info;
        messages[0].payload = question;
        messages[0].header.timestamp = os::unix_time_ns();
        const Needs needs{.bytes = !link->shares_objects(), .object = link->shares_objects()};
        MYCELIUM_TRY(
            encoder_.complete(messages, needs, options_.message_bytes_max, counters_.encoded));
        if (messages[0].payload.bytes.size() > link->peer().message_bytes_max)
            return Error{Errc::invalid, "the question has " +
                                            std::to_string(messages[0].payload.bytes.size()) +
                                            " bytes, over the replier's message_bytes_max, " +
                                            std::to_string(link->peer().message_bytes_max)};
        if (needs.object) ++counters_.shared;
        if (link->offer(messages, messages[0].header.timestamp)) return link;
        retire_closed();  // it had gone without being noticed; nothing was received
    }
    return LinkPtr{};
}

Result<std::shared_ptr<PendingCallState>> RequesterState::begin(const Payload& question,
                                                                Duration timeout,
                                                                std::string_view method) {
    MYCELIUM_TRY(check_not_forked());
    const Holding holding{lock_};
    MYCELIUM_TRY(check_alive());
    if (cancelled_ >= cancelled_max && !has_leader_) pump(true);
    if (calls_.size() >= options_.calls_in_flight_max)
        return Error{Errc::overloaded, "calls_in_flight_max, " +
                                           std::to_string(options_.calls_in_flight_max) +
                                           ", calls are under way"};
    auto call = std::make_shared<PendingCallState>();
    call->port = std::static_pointer_cast<RequesterState>(shared_from_this());
    call->id = next_call_++;
    call->deadline = after(timeout);
    call->question_bytes = question.bytes.size();
    Attending attending{*this, only_link(), call->question_bytes, timeout};
    MYCELIUM_TRY_ASSIGN(const bool is_sent, send(call, question, method));
    if (!is_sent) MYCELIUM_TRY(keep_unsent(call, question, method));
    calls_.emplace(call->id, call);
    ++counters_.calls;
    attending.stay();
    return call;
}

Result<bool> RequesterState::send(const CallPtr& call, const Payload& question,
                                  std::string_view method) {
    CallInfo info;
    info.kind = CallKind::request;
    info.id = call->id;
    info.budget =
        call->deadline == never ? Duration{0} : std::max(call->deadline - os::now(), Duration{1});
    info.method = method;
    MYCELIUM_TRY_ASSIGN(const LinkPtr link, offer(question, info));
    if (!link) return false;
    call->link = link;
    call->position = link->counters().sent;
    ++open_[link->id];
    return true;
}

Result<void> RequesterState::keep_unsent(const CallPtr& call, const Payload& question,
                                         std::string_view method) {
    std::array<Message, 1> messages;
    messages[0].payload = question;
    // It is not known yet which a link will need: both are kept.
    const Needs needs{.bytes = schema_.can_leave_process(),
                      .object = question.object != nullptr,
                      .owned_bytes = schema_.can_leave_process()};
    MYCELIUM_TRY(encoder_.complete(messages, needs, options_.message_bytes_max, counters_.encoded));
    unsent_.push_back({call, std::string{method}, messages[0].payload});
    return {};
}

void RequesterState::send_unsent() {
    while (!unsent_.empty()) {
        auto is_sent = send(unsent_.front().call, unsent_.front().question, unsent_.front().method);
        if (is_sent && !*is_sent) return;
        const Unsent first = std::move(unsent_.front());
        unsent_.pop_front();
        if (!is_sent) finish(*first.call, std::move(is_sent).error());
    }
}

Outcome RequesterState::notify(const Payload& question, std::string_view method) {
    MYCELIUM_TRY(check_not_forked());
    const Holding holding{lock_};
    MYCELIUM_TRY(check_alive());
    CallInfo info;
    info.kind = CallKind::notification;
    info.method = method;
    auto link = offer(question, info);
    if (!link) return std::move(link).error();
    if (*link) notified_[(*link)->id] = (*link)->counters().sent;
    return Outcome{*link ? 1u : 0u};
}

std::vector<std::string> RequesterState::question_descriptions() {
    if (node_->is_forked()) return {};
    const Holding holding{lock_};
    std::vector<std::string> all;
    for (const LinkPtr& link : links_) all.push_back(link->peer().type.description);
    return all;
}

bool RequesterState::has_unsent_notifications() {
    const Holding holding{lock_};
    return std::any_of(links_.begin(), links_.end(), [this](const LinkPtr& link) {
        const auto last = notified_.find(link->id);
        if (last == notified_.end() || link->fd() < 0) return false;
        link->send_now();
        return !link->closed() && !link->is_hung_up() && link->written() < last->second;
    });
}

void RequesterState::finish(PendingCallState& call, Result<Answer> result) {
    if (call.result) return;
    if (result)
        ++counters_.answers;
    else
        ++counters_.errors;
    if (call.link) {
        const auto found = open_.find(call.link->id);
        if (found != open_.end() && --found->second == 0) open_.erase(found);
    }
    call.link.reset();
    call.result.emplace(std::move(result));
    call.bell.ring();
    if (has_leader_) bell_->ring();  // the call may be the leader's own
    std::erase_if(unsent_, [&](const Unsent& one) { return one.call.get() == &call; });
    calls_.erase(call.id);
}

void RequesterState::take(const LinkPtr& link, const Message& message) {
    const auto found = calls_.find(message.call.id);
    // An answer to a call that was cancelled or timed out, or that this link was never asked, goes
    // nowhere.
    if (found == calls_.end() || found->second->link != link) return;
    const CallPtr call = found->second;
    if (message.call.kind == CallKind::error)
        finish(*call, error_from(message));
    else
        finish(*call, answer_from(message));
}

void RequesterState::pump(bool thorough) {
    mark_streams_in_turn();
    cancelled_ = 0;
    for (std::size_t i = 0; i < links_.size();) {
        const LinkPtr link = links_[i];
        const bool is_asked = thorough || link->may_have_more() || link->is_hung_up();
        for (int batches = 0; is_asked && batches < batches_max; ++batches) {
            const auto batch = link->receive(batch_max);
            if (batch.empty()) break;
            for (const Message& message : batch) {
                link->handed_out({&message, 1});
                take(link, message);
            }
        }
        if (link->closed())
            retire(link);
        else
            ++i;
    }
}

void RequesterState::retiring(transport::Link& link) {
    const std::uint64_t written = link.written();
    std::vector<CallPtr> ended;
    for (const auto& [id, call] : calls_)
        if (call->link.get() == &link) ended.push_back(call);
    for (const CallPtr& call : ended) {
        if (call->position > written)
            finish(*call,
                   Error{Errc::unavailable, "the replier has gone before it received the request"});
        else
            finish(*call, Error{Errc::lost,
                                "the replier has gone after it may have received the request"});
    }
    open_.erase(link.id);
    notified_.erase(link.id);
}

void RequesterState::tell_cancelled(PendingCallState& call) {
    if (!call.link || call.link->closed()) return;
    std::array<Message, 1> messages;
    messages[0].call.kind = CallKind::cancel;
    messages[0].call.id = call.id;
    messages[0].payload.has_bytes = true;
    messages[0].header.timestamp = os::unix_time_ns();
    call.link->offer(messages, messages[0].header.timestamp);
}

bool RequesterState::is_over(PendingCallState& call) {
    if (call.result) return true;
    if (auto alive = check_alive(); !alive) {
        finish(call, std::move(alive).error());
    } else if (os::now() >= call.deadline) {
        pump(true);  // the answer may be here, unread
        if (call.result) return true;
        tell_cancelled(call);
        if (call.link)
            finish(call, Error{Errc::timeout, "no answer before the deadline"});
        else
            finish(call, Error{Errc::unavailable, nobody_there()});
    }
    return call.result.has_value();
}

void RequesterState::wake_one_waiter() {
    for (const auto& [id, call] : calls_) {
        if (!call->is_waiting) continue;
        call->bell.ring();
        return;
    }
}

namespace {

/// Ends the leading, also where memory ran out.
struct Leading {
    bool& has_leader;
    ~Leading() { has_leader = false; }
};

}  // namespace

Result<Answer> RequesterState::wait(PendingCallState& call) {
    MYCELIUM_TRY(check_not_forked());
    std::unique_lock holding{lock_};
    while (!is_over(call)) {
        const auto own_ticket = call.bell.ticket();
        if (has_leader_) {
            call.is_waiting = true;
            holding.unlock();
            call.bell.wait(own_ticket, call.deadline);
            holding.lock();
            call.is_waiting = false;
            continue;
        }
        has_leader_ = true;
        const Leading leading{has_leader_};
        const bool by_socket = call.link && comes_by_socket(*call.link);
        const auto ticket = bell_->ticket();
        pump(false);
        if (!call.result) {
            holding.unlock();
            sleep(ticket, call.deadline);
            holding.lock();
            pump(false);
        }
        if (call.result && *call.result)
            note_size(call.question_bytes + (*call.result)->payload.bytes.size(), by_socket);
    }
    // Whoever leaves, leader or one that was woken to be, lets another look after the sockets.
    if (!has_leader_) wake_one_waiter();
    return *call.result;
}

std::optional<Result<Answer>> RequesterState::try_result(PendingCallState& call) {
    if (node_->is_forked()) return Result<Answer>{os::forked()};
    const Holding holding{lock_};
    if (!call.result && !has_leader_) pump(true);
    if (!is_over(call)) return std::nullopt;
    return *call.result;
}

void RequesterState::cancel(PendingCallState& call) noexcept {
    if (node_->is_forked()) return;
    const Holding holding{lock_};
    if (call.result) return;
    tell_cancelled(call);
    ++cancelled_;
    finish(call, Error{Errc::closed, "the call was cancelled"});
}

void RequesterState::hand_over() {
    const Instant deadline = after(limits::linger);
    for (auto ticket = bell_->ticket(); has_unsent_notifications(); ticket = bell_->ticket())
        if (!bell_->wait(ticket, deadline)) break;
    const Holding holding{lock_};
    pump(true);
    while (!calls_.empty()) {
        const CallPtr call = calls_.begin()->second;
        finish(*call, Error{Errc::closed, "the port has closed"});
    }
}

}  // namespace mycelium::fabric
