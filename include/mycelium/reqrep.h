// Request/reply: every call ends with a definite outcome.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <mycelium/codec.h>
#include <mycelium/ext/ports.h>
#include <mycelium/pubsub.h>

namespace mycelium {

namespace detail {

template <class T>
Result<std::shared_ptr<const T>> value_from(const Payload& payload) {
    if constexpr (std::is_same_v<T, Bytes>) {
        return std::make_shared<const Bytes>(payload.owner ? Bytes{payload.bytes, payload.owner}
                                                           : Bytes::copy_of(payload.bytes));
    } else if (payload.object) {
        return std::shared_ptr<const T>{payload.owner, static_cast<const T*>(payload.object)};
    } else {
        MYCELIUM_TRY_ASSIGN(auto object, schema_of<T>().decode_shared(payload.bytes));
        return std::shared_ptr<const T>{object, static_cast<const T*>(object.get())};
    }
}

}  // namespace detail

/// A call under way. Move-only; destroyed unfinished, it is cancelled. One thread at a time.
template <class A>
class PendingCall {
public:
    explicit PendingCall(PendingCallPort port) noexcept : port_(std::move(port)) {}
    /// See PendingCallPort::wait for how a call may end.
    Result<std::shared_ptr<const A>> wait() { return decoded(port_.wait()); }
    std::optional<Result<std::shared_ptr<const A>>> try_result() {
        auto result = port_.try_result();
        if (!result) return std::nullopt;
        return decoded(*std::move(result));
    }
    void cancel() noexcept { port_.cancel(); }

private:
    static Result<std::shared_ptr<const A>> decoded(Result<Answer> answer) {
        if (!answer) return std::move(answer).error();
        return detail::value_from<A>(answer->payload);
    }
    PendingCallPort port_;
};

/// Asks Q, is answered A. Any number of threads at once, any number of calls under way.
template <class Q, class A>
class Requester {
public:
    explicit Requester(RequesterPort port) noexcept : port_(std::move(port)) {}

    /// Errors: unavailable (nobody received it: safe to repeat), lost (the peer died after it may
    /// have received it), timeout, failed (the replier's error: its number in detail(), its text in
    /// message()), overloaded, closed.
    Result<std::shared_ptr<const A>> call(const Q& question, Duration timeout,
                                          std::string_view method = {}) {
        auto answer = port_.call(payload_of(question), timeout, method);
        if (!answer) return std::move(answer).error();
        return detail::value_from<A>(answer->payload);
    }
    Result<PendingCall<A>> begin_call(const Q& question, Duration timeout,
                                      std::string_view method = {}) {
        auto pending = port_.begin_call(payload_of(question), timeout, method);
        if (!pending) return std::move(pending).error();
        return PendingCall<A>{*std::move(pending)};
    }
    /// Sends without expecting an answer.
    Outcome notify(const Q& question, std::string_view method = {}) {
        return port_.notify(payload_of(question), method);
    }

    Result<void> wait_for(std::size_t repliers, Duration timeout = Duration::max()) {
        return port_.wait_for(repliers, timeout);
    }
    std::string url() const { return port_.url(); }
    std::optional<Event> try_event() { return port_.try_event(); }
    Counters counters() const { return port_.counters(); }
    RequesterPort& port() noexcept { return port_; }

private:
    RequesterPort port_;
};

/// One request: a question and the obligation to answer it once, from any thread, now or later.
/// Dropped unanswered, the requester is told.
template <class Q, class A>
class Request {
public:
    Request(RequestPort port, std::shared_ptr<const Q> question) noexcept
        : port_(std::move(port)), question_(std::move(question)) {}

    const Q& question() const noexcept { return *question_; }
    std::string_view method() const noexcept { return port_.method(); }
    bool is_notification() const noexcept { return port_.is_notification(); }
    bool is_cancelled() const noexcept { return port_.is_cancelled(); }
    Instant deadline() const noexcept { return port_.deadline(); }
    /// Errors: closed (the requester or the port is gone), invalid (answered before).
    Result<void> answer(const A& value) { return port_.answer(payload_of(value)); }
    template <class U>
    requires std::is_convertible_v<std::shared_ptr<U>, std::shared_ptr<const A>> Result<void>
    answer(const std::shared_ptr<U>& value) {
        return port_.answer(payload_of<A>(*value, value));
    }
    Result<void> fail(std::int64_t detail, std::string_view message) {
        return port_.fail(detail, message);
    }

private:
    RequestPort port_;
    std::shared_ptr<const Q> question_;
};

/// Answers Q with A. One thread at a time receives; answers may come from any.
template <class Q, class A>
class Replier {
public:
    explicit Replier(ReplierPort port) noexcept : port_(std::move(port)) {}

    Result<Request<Q, A>> receive() { return receive_until(never); }
    Result<Request<Q, A>> receive_for(Duration timeout) { return receive_until(after(timeout)); }
    Result<Request<Q, A>> receive_until(Instant deadline) {
        for (;;) {
            MYCELIUM_TRY_ASSIGN(RequestPort port, port_.receive_until(deadline));
            if (auto request = typed(port)) return *std::move(request);
        }
    }
    std::optional<Request<Q, A>> try_receive() {
        for (;;) {
            auto port = port_.try_receive();
            if (!port || !*port) return std::nullopt;
            if (auto request = typed(**port)) return request;
        }
    }
    /// Answers with `answer(const Q&)`, which returns A or Result<A>, until the node stops; returns
    /// `closed` then.
    template <class Function>
    Result<void> serve(Function&& answer) {
        for (;;) {
            auto request = receive();
            if (!request) return std::move(request).error();
            if constexpr (std::is_convertible_v<std::invoke_result_t<Function&, const Q&>, A>) {
                (void)request->answer(answer(request->question()));
            } else if (Result<A> answered = answer(request->question())) {
                (void)request->answer(*answered);
            } else {
                (void)request->fail(answered.error().detail(), answered.error().message());
            }
        }
    }

    Result<void> wait_for(std::size_t requesters, Duration timeout = Duration::max()) {
        return port_.wait_for(requesters, timeout);
    }
    int fd() { return port_.fd(); }
    /// Would try_receive() return something now? Errors: closed, invalid.
    Result<bool> is_ready() { return port_.is_ready(); }
    std::string url() const { return port_.url(); }
    std::optional<Event> try_event() { return port_.try_event(); }
    Counters counters() const { return port_.counters(); }
    ReplierPort& port() noexcept { return port_; }

private:
    static std::optional<Request<Q, A>> typed(RequestPort& port) {
        auto question = detail::value_from<Q>(port.question());
        if (question) return Request<Q, A>{std::move(port), *std::move(question)};
        port.reject(question.error());
        return std::nullopt;
    }
    ReplierPort port_;
};

}  // namespace mycelium
