// The untyped ports: handles that end their port with them.
#include <mycelium/ext/ports.h>

#include <utility>

#include "fabric/publisher_state.h"
#include "fabric/replier_state.h"
#include "fabric/requester_state.h"
#include "fabric/subscriber_state.h"

namespace mycelium {

#define MYCELIUM_DEFINE_PORT(Handle, State)                                                     \
    Handle::Handle(std::shared_ptr<fabric::State> state) noexcept : state_(std::move(state)) {} \
    Handle::Handle(Handle&&) noexcept = default;                                                \
    Handle& Handle::operator=(Handle&& other) noexcept {                                        \
        if (state_ && state_ != other.state_) state_->close();                                  \
        state_ = std::move(other.state_);                                                       \
        return *this;                                                                           \
    }                                                                                           \
    Handle::~Handle() {                                                                         \
        if (state_) state_->close();                                                            \
    }                                                                                           \
    std::string Handle::url() const {                                                           \
        auto all = state_->urls();                                                              \
        return all.empty() ? std::string{} : std::move(all.front());                            \
    }                                                                                           \
    std::vector<std::string> Handle::urls() const { return state_->urls(); }                    \
    Result<void> Handle::wait_for(std::size_t count, Duration timeout) {                        \
        return state_->wait_for(count, timeout);                                                \
    }                                                                                           \
    std::size_t Handle::peers() const noexcept { return state_->peers(); }                      \
    std::vector<std::string> Handle::peer_descriptions() const {                                \
        return state_->peer_descriptions();                                                     \
    }                                                                                           \
    std::optional<Event> Handle::try_event() { return state_->try_event(); }                    \
    std::vector<LinkInfo> Handle::links() const { return state_->links(); }                     \
    bool Handle::end_link(std::uint64_t id, const Error& reason) {                              \
        return state_->end_link(id, reason);                                                    \
    }                                                                                           \
    Counters Handle::counters() const { return state_->counters(); }

MYCELIUM_DEFINE_PORT(PublisherPort, PublisherState)
MYCELIUM_DEFINE_PORT(SubscriberPort, SubscriberState)
MYCELIUM_DEFINE_PORT(RequesterPort, RequesterState)
MYCELIUM_DEFINE_PORT(ReplierPort, ReplierState)

// --- PublisherPort ---

Outcome PublisherPort::publish(const Payload& payload) { return state_->publish({&payload, 1}); }
Outcome PublisherPort::publish(Payload&& payload) { return state_->publish(std::move(payload)); }
Outcome PublisherPort::publish(std::span<const Payload> payloads) {
    return state_->publish(payloads);
}
Outcome PublisherPort::forward(std::span<const Message> messages) {
    return state_->forward(messages);
}
Result<Loan<Bytes>> PublisherPort::loan(std::size_t size) { return state_->loan(size); }
bool PublisherPort::pause_link(std::uint64_t id, bool is_paused) {
    return state_->pause_link(id, is_paused);
}
std::uint64_t PublisherPort::id() const noexcept { return state_->id(); }
void PublisherPort::interrupt() noexcept { state_->interrupt(); }
void PublisherPort::flush() noexcept { state_->flush(); }
Result<void> PublisherPort::drain(Duration timeout) { return state_->drain(timeout); }

// --- SubscriberPort ---

Result<Message*> SubscriberPort::receive_until(Instant deadline) {
    return state_->receive_until(deadline);
}
Result<Message*> SubscriberPort::try_receive() { return state_->try_receive(); }
Result<std::span<const Message>> SubscriberPort::try_peek(std::size_t limit) {
    return state_->try_peek(limit);
}
Result<std::span<const Message>> SubscriberPort::peek_until(Instant deadline, std::size_t limit) {
    return state_->peek_until(deadline, limit);
}
void SubscriberPort::take(std::size_t count) noexcept { state_->take(count); }
void SubscriberPort::reject(const Error& error) { state_->reject(error); }
void SubscriberPort::interrupt() noexcept { state_->interrupt(); }
void SubscriberPort::discard() { state_->discard(); }
std::uint64_t SubscriberPort::last_link() const noexcept { return state_->last_link(); }
LinkInfo SubscriberPort::sender() const { return state_->sender(); }
std::string_view SubscriberPort::description() const noexcept { return state_->description(); }
int SubscriberPort::fd() { return state_->fd(); }
Result<bool> SubscriberPort::is_ready() { return state_->is_ready(); }

// --- RequesterPort and its calls ---

PendingCallPort::PendingCallPort(std::shared_ptr<fabric::PendingCallState> state) noexcept
    : state_(std::move(state)) {}
PendingCallPort::PendingCallPort(PendingCallPort&&) noexcept = default;
PendingCallPort& PendingCallPort::operator=(PendingCallPort&& other) noexcept {
    if (state_ && state_ != other.state_) cancel();
    state_ = std::move(other.state_);
    return *this;
}
PendingCallPort::~PendingCallPort() {
    if (state_) cancel();
}
Result<Answer> PendingCallPort::wait() { return state_->port->wait(*state_); }
std::optional<Result<Answer>> PendingCallPort::try_result() {
    return state_->port->try_result(*state_);
}
void PendingCallPort::cancel() noexcept { state_->port->cancel(*state_); }

Result<PendingCallPort> RequesterPort::begin_call(const Payload& question, Duration timeout,
                                                  std::string_view method) {
    MYCELIUM_TRY_ASSIGN(auto call, state_->begin(question, timeout, method));
    return PendingCallPort{std::move(call)};
}
Result<Answer> RequesterPort::call(const Payload& question, Duration timeout,
                                   std::string_view method) {
    MYCELIUM_TRY_ASSIGN(auto call, state_->begin(question, timeout, method));
    return state_->wait(*call);
}
Outcome RequesterPort::notify(const Payload& question, std::string_view method) {
    return state_->notify(question, method);
}
std::vector<std::string> RequesterPort::question_descriptions() const {
    return state_->question_descriptions();
}

// --- ReplierPort and its requests ---

RequestPort::RequestPort(std::shared_ptr<fabric::RequestState> state) noexcept
    : state_(std::move(state)) {}
RequestPort::RequestPort(RequestPort&&) noexcept = default;
RequestPort& RequestPort::operator=(RequestPort&& other) noexcept {
    if (state_ && state_ != other.state_) state_->port->drop(*state_);
    state_ = std::move(other.state_);
    return *this;
}
RequestPort::~RequestPort() {
    if (state_) state_->port->drop(*state_);
}
const Payload& RequestPort::question() const noexcept { return state_->question; }
std::string_view RequestPort::method() const noexcept { return state_->method; }
bool RequestPort::is_notification() const noexcept { return state_->is_notification; }
bool RequestPort::is_cancelled() const noexcept { return state_->port->is_cancelled(*state_); }
Instant RequestPort::deadline() const noexcept { return state_->deadline; }
Result<void> RequestPort::answer(const Payload& payload) {
    return state_->port->answer(*state_, payload);
}
Result<void> RequestPort::fail(std::int64_t detail, std::string_view message,
                               std::string_view data) {
    return state_->port->fail(
        *state_, Error{Errc::failed, std::string{message}, detail}.with_data(std::string{data}));
}
void RequestPort::reject(const Error& error) { (void)state_->port->fail(*state_, error); }

Result<RequestPort> ReplierPort::receive_until(Instant deadline) {
    MYCELIUM_TRY_ASSIGN(auto request, state_->receive_until(deadline));
    return RequestPort{std::move(request)};
}
Result<std::optional<RequestPort>> ReplierPort::try_receive() {
    MYCELIUM_TRY_ASSIGN(auto request, state_->try_receive());
    if (!request) return std::optional<RequestPort>{};
    return std::optional<RequestPort>{RequestPort{std::move(request)}};
}
int ReplierPort::fd() { return state_->fd(); }
Result<bool> ReplierPort::is_ready() { return state_->is_ready(); }

}  // namespace mycelium
