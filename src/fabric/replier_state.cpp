#include "fabric/replier_state.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <vector>

#include "host/os/clock.h"
#include "host/os/error.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t batch_max = 64;
// Per link and look: one that floods must not hold the port.
constexpr int batches_max = 4;

}  // namespace

ReplierState::ReplierState(std::shared_ptr<NodeCore> node, const Schema& question,
                           const Schema& answer, const ReplierOptions& options)
    : Port(node, wire::Pattern::replier, question, answer, options.message_bytes_max,
           options.waiting),
      options_(options),
      encoder_(node->pool()) {}

void ReplierState::take(const LinkPtr& link, Message& message) {
    const std::pair key{link->id, message.call.id};
    if (message.call.kind == CallKind::cancel) {
        if (const auto found = open_.find(key); found != open_.end())
            if (const auto request = found->second.lock()) request->is_cancelled.store(true);
        return;
    }
    auto request = std::make_shared<RequestState>();
    request->port =
        nullptr;  // set when it is handed out: waiting requests must not keep their port alive
    request->link = link;
    request->id = message.call.id;
    request->method = message.call.method;
    request->is_notification = message.call.kind == CallKind::notification;
    if (message.call.budget.count() > 0) request->deadline = after(message.call.budget);
    request->question = message.payload;
    if (!request->question.owner && request->question.has_bytes) {
        const Bytes copy = Bytes::copy_of(message.payload.bytes);
        request->question.bytes = copy.span();
        request->question.owner = copy.owner();
    }
    ++counters_.calls;
    if (!request->is_notification) open_[key] = request;
    waiting_.push_back(std::move(request));
}

void ReplierState::pump(bool thorough) {
    mark_streams_in_turn();
    std::optional<std::size_t> filled_by;
    for (std::size_t asked = 0; asked < links_.size();) {
        if (turn_ >= links_.size()) turn_ = 0;
        const LinkPtr link = links_[turn_];
        if (thorough || link->may_have_more() || link->is_hung_up()) take_from(link);
        if (link->closed()) {
            retire(link);  // turn_ now names its successor
            continue;
        }
        if (is_full() && !filled_by) filled_by = turn_;
        ++turn_;
        ++asked;
    }
    // The others of which nothing could be taken begin next time.
    if (filled_by) turn_ = *filled_by + 1;
    mute(is_full());
}

void ReplierState::take_from(const LinkPtr& link) {
    for (int batches = 0; !is_full() && batches < batches_max; ++batches) {
        const std::size_t room = options_.requests_held_max - waiting_.size() - held_;
        const auto batch = link->receive(std::min(batch_max, room));
        if (batch.empty()) break;
        for (Message& message : batch) {
            link->handed_out({&message, 1});
            take(link, message);
        }
    }
}

void ReplierState::retiring(transport::Link& link) {
    for (auto request = open_.lower_bound({link.id, 0});
         request != open_.end() && request->first.first == link.id; request = open_.erase(request))
        if (const auto its = request->second.lock()) its->is_cancelled.store(true);
    // Nobody waits for these any more.
    std::erase_if(waiting_, [&](const RequestPtr& one) {
        return one->link.get() == &link && !one->is_notification;
    });
}

ReplierState::RequestPtr ReplierState::next(bool thorough) {
    if (waiting_.empty()) pump(thorough);
    if (waiting_.empty()) return nullptr;
    RequestPtr request = std::move(waiting_.front());
    waiting_.pop_front();
    request->port = std::static_pointer_cast<ReplierState>(shared_from_this());
    if (!request->is_notification) {
        request->is_held = true;
        ++held_;
    }
    mute(is_full());
    return request;
}

bool ReplierState::has_more() const noexcept {
    return !waiting_.empty() ||
           (!is_full() && std::any_of(links_.begin(), links_.end(),
                                      [](const LinkPtr& link) { return link->may_have_more(); }));
}

Result<std::shared_ptr<RequestState>> ReplierState::receive_until(Instant deadline) {
    MYCELIUM_TRY(check_not_forked());
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    bool thorough = false;
    for (;;) {
        const auto ticket = bell_->ticket();
        MYCELIUM_TRY(check_alive());
        if (RequestPtr request = next(thorough)) {
            note_size(request->question.bytes.size(), comes_by_socket(*request->link));
            if (is_fd_used_ && has_more()) bell_->ring();
            return request;
        }
        if (thorough) return Error{Errc::timeout, "no request came"};
        const bool full = is_full();
        lock_.pause();
        // Also when it was woken: a peer that lies could wake it for ever.
        (void)(full ? bell_->wait(ticket, deadline) : sleep(ticket, deadline));
        thorough = os::now() >= deadline;
        lock_.resume();
    }
}

Result<std::shared_ptr<RequestState>> ReplierState::try_receive() {
    MYCELIUM_TRY(check_not_forked());
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    MYCELIUM_TRY(check_alive());
    RequestPtr request = next(true);
    if (is_fd_used_) {
        if (!request) {
            quiet();
            request = next(true);
        }
        if (request && has_more()) bell_->ring();
    }
    return request;
}

Result<bool> ReplierState::is_ready() {
    MYCELIUM_TRY(check_not_forked());
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    MYCELIUM_TRY(check_alive());
    const auto looked = [this] {
        if (waiting_.empty()) pump(true);
        return !waiting_.empty();
    };
    bool ready = looked();
    if (!ready) {
        quiet();
        ready = looked();
    }
    if (ready && is_fd_used_) bell_->ring();
    return ready;
}

Result<void> ReplierState::begin_answer(RequestState& request) {
    if (node_->is_forked()) return os::forked();
    if (request.is_answered) return Error{Errc::invalid, "this request was answered before"};
    if (request.is_notification) return Error{Errc::invalid, "a notification has no answer"};
    if (is_closed_) return Error{Errc::closed, "the port has closed"};
    if (request.link->closed()) return Error{Errc::closed, "the requester has gone"};
    return {};
}

void ReplierState::settle(RequestState& request) {
    request.is_answered = true;
    open_.erase({request.link->id, request.id});
    if (!std::exchange(request.is_held, false)) return;
    const bool was_full = is_full();
    --held_;
    mute(is_full());
    if (was_full) bell_->ring();
}

Result<void> ReplierState::answer(RequestState& request, const Payload& payload) {
    MYCELIUM_TRY(check_not_forked());
    const Holding holding{lock_};
    MYCELIUM_TRY(begin_answer(request));
    transport::Link& link = *request.link;
    std::array<Message, 1> messages;
    messages[0].call.kind = CallKind::answer;
    messages[0].call.id = request.id;
    messages[0].payload = payload;
    messages[0].header.timestamp = os::unix_time_ns();
    const Needs needs{.bytes = !link.shares_objects(), .object = link.shares_objects()};
    auto done = encoder_.complete(messages, needs, options_.message_bytes_max, counters_.encoded);
    if (done && messages[0].payload.bytes.size() > link.peer().message_bytes_max)
        done = Error{Errc::invalid, "the answer has " +
                                        std::to_string(messages[0].payload.bytes.size()) +
                                        " bytes, over the requester's message_bytes_max, " +
                                        std::to_string(link.peer().message_bytes_max)};
    settle(request);
    if (!done) {
        link.offer_error(request.id, done.error());  // it must not wait for what cannot come
        return done;
    }
    if (needs.object) ++counters_.shared;
    ++counters_.answers;
    const LinkPtr alone = only_link() == request.link ? request.link : nullptr;
    Attending attending{*this, alone, messages[0].payload.bytes.size()};
    if (!link.offer(messages, messages[0].header.timestamp))
        return Error{Errc::closed, "the requester has gone"};
    attending.stay();
    return {};
}

Result<void> ReplierState::fail(RequestState& request, const Error& error) {
    MYCELIUM_TRY(check_not_forked());
    const Holding holding{lock_};
    MYCELIUM_TRY(begin_answer(request));
    settle(request);
    ++counters_.errors;
    if (request.link->offer_error(request.id, error)) return {};
    return Error{Errc::closed, "the requester has gone"};
}

void ReplierState::drop(RequestState& request) noexcept {
    if (node_->is_forked()) return;
    const Holding holding{lock_};
    if (request.is_answered || request.is_notification) return;
    settle(request);
    ++counters_.errors;
    if (!is_closed_ && !request.link->closed())
        request.link->offer_error(request.id,
                                  {Errc::lost, "the replier dropped the request unanswered"});
}

bool ReplierState::is_cancelled(RequestState& request) noexcept {
    if (node_->is_forked() || request.is_cancelled.load()) return true;
    const Holding holding{lock_};
    if (!is_closed_ && !lock_.has_caller()) {
        pump(true);  // the cancellation may be here, unread
        if (!waiting_.empty()) bell_->ring();
    }
    const bool is_over = request.link->closed().has_value() || request.link->is_hung_up();
    return is_over || request.is_cancelled.load();
}

void ReplierState::hand_over() {
    refuse_waiting();
    const Instant deadline = after(options_.linger);
    for (;;) {
        const auto ticket = bell_->ticket();
        if (send_what_is_queued() == 0 || !bell_->wait(ticket, deadline)) return;
    }
}

void ReplierState::refuse_waiting() {
    const Holding holding{lock_};
    if (!lock_.has_caller()) pump(true);
    for (const RequestPtr& request : waiting_)
        if (!request->is_notification && !request->link->closed())
            request->link->offer_error(
                request->id, {Errc::unavailable, "the replier closed before it took the request"});
    waiting_.clear();
}

void ReplierState::forget_links() {
    waiting_.clear();
    open_.clear();
}

std::size_t ReplierState::send_what_is_queued() {
    const Holding holding{lock_};
    std::size_t left = 0;
    for (const LinkPtr& link : links_) {
        link->send_now();
        if (!link->closed() && link->fd() >= 0) left += link->queued_bytes();
    }
    return left;
}

}  // namespace mycelium::fabric
