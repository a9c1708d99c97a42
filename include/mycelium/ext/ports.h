// The untyped ports: bytes or objects in, bytes or objects out. Typed ports are one line deep over
// these; relays, tools and bindings use them directly.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/limits.h>
#include <mycelium/result.h>
#include <mycelium/schema.h>
#include <mycelium/time.h>
#include <mycelium/tlv.h>
#include <mycelium/url.h>

namespace mycelium {

class Transport;
namespace fabric {
class PublisherState;
class SubscriberState;
class RequesterState;
class ReplierState;
class PendingCallState;
class RequestState;
}  // namespace fabric

/// One URL or several: node.publisher<T>("tcp://…") or node.publisher<T>({"inproc://a",
/// "unix:///b"}).
struct Urls : std::vector<std::string> {
    Urls() = default;
    Urls(const char* url) : std::vector<std::string>{url} {}
    Urls(std::string url) : std::vector<std::string>{std::move(url)} {}
    Urls(std::string_view url) : std::vector<std::string>{std::string{url}} {}
    Urls(std::initializer_list<const char*> urls)
        : std::vector<std::string>(urls.begin(), urls.end()) {}
    Urls(std::initializer_list<std::string> urls) : std::vector<std::string>(urls) {}
    Urls(std::vector<std::string> urls) : std::vector<std::string>(std::move(urls)) {}
};

/// Which end of a URL a port takes. `usual`: publishers and repliers bind, subscribers and
/// requesters dial.
enum class Role : std::uint8_t { usual, bind, connect };

/// What a publisher does for a subscription that does not keep up; the subscription asks for it.
enum class SlowReader : std::uint8_t {
    block,  ///< the publisher waits, up to its block_max; then the reader is demoted to drop_oldest
            ///< until it has caught up
    drop_oldest,  ///< the oldest queued message gives way
    latest,       ///< only the newest matters: a queue of one
    disconnect,   ///< the link is closed; the reader dials again and learns of the gap
};
std::string_view name_of(SlowReader policy) noexcept;

/// How a port that reads from shared memory waits for what comes next.
enum class Waiting : std::uint8_t {
    /// Looks for some microseconds, lets others run, then sleeps. Where processors are few and
    /// messages come by the hundred thousand, it may rest for up to 0.1 ms when it has caught up.
    adaptive,
    spin,   ///< looks until something comes: the quickest, and a core of its own for each such port
    sleep,  ///< sleeps at once
};
std::string_view name_of(Waiting waiting) noexcept;

struct NodeOptions {
    std::string name;
    /// Empty: standard_transports().
    std::vector<std::shared_ptr<Transport>> transports;
    /// Warnings of the library (a refused peer, a lost link), one line each, told by the node's own
    /// thread without a lock held: it may call ports, and must not wait for them. Empty: to stderr.
    std::function<void(std::string_view line)> log;
};

/// The transports that a node has by default: inproc, shm, unix, tcp.
std::vector<std::shared_ptr<Transport>> standard_transports();
/// Their schemes, in that order.
std::vector<std::string> standard_schemes();

/// A peer's port that asks to be linked.
struct Candidate {
    std::string url;
    std::string node;                 ///< its node's name; empty if it did not say
    std::optional<std::int64_t> pid;  ///< where the kernel vouches for it
    Form form = Form::any;            ///< of what it sends or wants
};
/// Says whether a candidate may be linked to a port; an error is told to it (it dials again).
/// Called on the node's own thread (inproc: on that of whoever meets it), never once the port is
/// gone; must neither wait nor throw, nor open or close ports.
using Admission = std::function<Result<void>(const Candidate&)>;

struct PublisherOptions {
    Role role = Role::usual;
    std::uint8_t source = 0;                 ///< header's `source` of what this port sends
    Duration block_max = limits::block_max;  ///< longest wait for a `block` reader; 0: never wait
    Duration linger = limits::linger;        ///< how long the destructor waits for delivery
    std::size_t history = 0;                 ///< how many last messages a late joiner is given
    bool retain = false;                     ///< the same as history = 1, where history is 0
    std::uint64_t message_bytes_max = limits::message_bytes_max;
    Admission admit = {};  ///< empty: everybody who dials
};

struct SubscriberOptions {
    Role role = Role::usual;
    SlowReader slow = SlowReader::block;
    std::size_t queue_messages_max =
        limits::queue_messages_max;  ///< at each publisher, for this subscription
    std::size_t queue_bytes_max = limits::queue_bytes_max;
    std::uint64_t message_bytes_max =
        limits::message_bytes_max;  ///< larger ones are counted too_large
    Waiting waiting = Waiting::adaptive;
    /// Of a publisher of raw domain messages, a relay for one: only those that hold a TLV of one of
    /// these numbers. Empty: all; of a subscriber of a TLV type: that type.
    tlv::TypeSet types = {};
    Admission admit = {};  ///< empty: everybody who dials
};

struct RequesterOptions {
    Role role = Role::usual;
    std::size_t calls_in_flight_max = limits::calls_in_flight_max;
    std::uint64_t message_bytes_max = limits::message_bytes_max;
    Waiting waiting = Waiting::adaptive;
};

struct ReplierOptions {
    Role role = Role::usual;
    std::size_t requests_held_max =
        limits::requests_held_max;  ///< beyond it, requests wait in the sockets
    Duration linger = limits::linger;
    std::uint64_t message_bytes_max = limits::message_bytes_max;
    Waiting waiting = Waiting::adaptive;
};

/// What happened to a port's links. Taken with try_event(), from any thread.
struct Event {
    enum class Kind : std::uint8_t {
        connected,     ///< a peer's port attached
        disconnected,  ///< its link ended; `code` and `reason` say why
        refused,       ///< an attempt failed: mismatch, denied, malformed, …; redialling goes on
        restarted,     ///< the publisher behind a URL is a new one: sequence numbers begin anew
        demoted,       ///< a `block` reader exceeded block_max
        caught_up,     ///< it is served in full again
    };
    Kind kind;
    std::string url;
    std::string peer;                 ///< name of the peer's node; empty if it did not say
    std::optional<std::int64_t> pid;  ///< of the peer, where the kernel vouches for it
    std::string reason;               ///< empty if there is nothing to explain
    std::optional<Errc> code;  ///< of disconnected and refused; `reason` begins with its name
    std::uint64_t link = 0;    ///< which one, as in LinkInfo; 0: none has come about
    Instant at{};              ///< when it happened
};
std::string_view name_of(Event::Kind kind) noexcept;

/// What a port has done so far. `sent` counts per subscription: one message to three subscribers is
/// three.
struct Counters {
    std::uint64_t published = 0;      ///< publisher: accepted publish calls
    std::uint64_t no_subscriber = 0;  ///< … of them, with nobody attached
    std::uint64_t sent = 0;  ///< publisher: handed to links; subscriber: learnt to have been sent
    std::uint64_t delivered = 0;  ///< handed out by receive, as far as this end knows
    std::array<std::uint64_t, drop_reason_count> dropped{};
    std::uint64_t shared = 0;   ///< messages that crossed as the pointer
    std::uint64_t encoded = 0;  ///< values that were encoded
    std::uint64_t bytes = 0;    ///< payload bytes offered to links that need bytes
    std::uint64_t calls = 0;    ///< requester: begun; replier: received
    std::uint64_t answers = 0;
    std::uint64_t errors = 0;     ///< calls that ended without an answer
    std::uint64_t under_way = 0;  ///< of `sent`: queued, or gone and not reported yet
    std::uint64_t dropped_total() const noexcept {
        std::uint64_t sum = 0;
        for (auto n : dropped) sum += n;
        return sum;
    }
    std::uint64_t in_flight() const noexcept { return under_way; }
    /// Every term is counted where it happens, none is computed from the others: false says that
    /// a message was lost without being counted.
    bool is_balanced() const noexcept { return sent == delivered + dropped_total() + in_flight(); }
};

/// One of a port's links, as it is now.
struct LinkInfo {
    std::uint64_t id = 0;  ///< within the port; not used again
    std::string url;
    std::string node;                 ///< the peer's; empty if it did not say
    std::optional<std::int64_t> pid;  ///< where the kernel vouches for it
    std::uint64_t epoch = 0;          ///< of the peer's port, if that publishes; 0: it did not say
    Form form = Form::any;            ///< of what it sends or wants
    // Of a subscription.
    SlowReader slow = SlowReader::block;
    std::uint64_t queue_messages_max = 0;
    tlv::TypeSet types;  ///< that it asked for
    bool is_demoted = false;
    bool is_paused = false;
    Counters counters;
};

/// What became of one publish. Cheap to return and to ignore: accepted messages are counted until
/// they are delivered or lost.
class Outcome {
public:
    explicit Outcome(std::uint32_t subscribers) noexcept : subscribers_(subscribers) {}
    Outcome(Error error) : error_(std::make_shared<const Error>(std::move(error))) {}
    /// Accepted for every attached subscriber (all or nothing), or by nobody because nobody is
    /// there.
    explicit operator bool() const noexcept { return !error_; }
    bool ok() const noexcept { return !error_; }
    std::uint32_t subscribers() const noexcept { return subscribers_; }
    const Error& error() const noexcept { return *error_; }
    void value() const {
        if (error_) throw BadResult(*error_);
    }

private:
    std::uint32_t subscribers_ = 0;
    std::shared_ptr<const Error> error_;
};

/// Common to all four: where the port is, who is there, what happened.
#define MYCELIUM_PORT_COMMON_                                                                      \
    /** The first URL, with the port that the system chose. */                                     \
    std::string url() const;                                                                       \
    std::vector<std::string> urls() const;                                                         \
    /** Waits until `count` peers are attached. timeout: the last refusal, if any, is in the text. \
     */                                                                                            \
    Result<void> wait_for(std::size_t count, Duration timeout);                                    \
    std::size_t peers() const noexcept;                                                            \
    /** Descriptions of the attached peers' types, for tools. */                                   \
    std::vector<std::string> peer_descriptions() const;                                            \
    std::optional<Event> try_event();                                                              \
    /** The links that are there now. Any thread. */                                               \
    std::vector<LinkInfo> links() const;                                                           \
    /** Ends a link; the peer sees a hang-up, and dials again. False: there is none. Any thread.   \
     */                                                                                            \
    bool end_link(std::uint64_t id, const Error& reason);                                          \
    Counters counters() const;

/// One thread at a time; a second one is answered `invalid`.
class PublisherPort {
public:
    explicit PublisherPort(std::shared_ptr<fabric::PublisherState> state) noexcept;
    PublisherPort(PublisherPort&&) noexcept;
    PublisherPort& operator=(PublisherPort&&) noexcept;
    ~PublisherPort();  ///< waits up to `linger` until all is delivered, counts the rest

    MYCELIUM_PORT_COMMON_
    /// All or nothing over the attached links. Waits only for `block` readers, up to block_max, and
    /// some milliseconds while its only reader, by a socket, takes a large message. Of `message`
    /// the payload is used, and relay_domain and source of the header if it is a domain message.
    Outcome publish(const Payload& payload);
    /// The same; it may lose its owner.
    Outcome publish(Payload&& payload);
    /// The same for several at once: one clock reading, one system call.
    Outcome publish(std::span<const Payload> payloads);
    /// For relays: the same of messages that came from elsewhere. Of each the payload, the origin,
    /// and the header's domain and source go on; number and timestamp are this port's.
    Outcome forward(std::span<const Message> messages);
    /// Bytes that are a whole TLV message's payload; relay_domain follows from the first TLV's
    /// number.
    Result<Loan<Bytes>> loan(std::size_t size);
    /// A paused subscription is given nothing: what it misses is dropped for that reason, queued
    /// messages too. False: there is none. Any thread.
    bool pause_link(std::uint64_t id, bool is_paused);
    /// By which relays name it as an origin: another one in each run.
    std::uint64_t id() const noexcept;
    /// A wait for `block` readers that is under way, or else the next one, ends as if block_max had
    /// passed. Any thread.
    void interrupt() noexcept;
    /// Sends what is gathered now.
    void flush() noexcept;
    /// Waits until everything sent is delivered or counted as dropped. timeout: something is still
    /// in flight.
    Result<void> drain(Duration timeout);

private:
    std::shared_ptr<fabric::PublisherState> state_;
};

/// One thread at a time; a second one is answered `invalid`.
class SubscriberPort {
public:
    explicit SubscriberPort(std::shared_ptr<fabric::SubscriberState> state) noexcept;
    SubscriberPort(SubscriberPort&&) noexcept;
    SubscriberPort& operator=(SubscriberPort&&) noexcept;
    ~SubscriberPort();

    MYCELIUM_PORT_COMMON_
    /// Waits for the next message. The payload is an object of the port's own schema, or bytes;
    /// without an owner it is valid until the next call. The owner may be moved out of it. Errors:
    /// timeout, closed, invalid.
    Result<Message*> receive_until(Instant deadline);
    /// Null: nothing now. Errors: closed, invalid.
    Result<Message*> try_receive();
    /// Shows what is there of one publisher, in order, at most `limit`: valid until the next
    /// receiving call, and not handed out before take(). Empty: nothing now. Errors: closed,
    /// invalid.
    Result<std::span<const Message>> try_peek(std::size_t limit);
    /// The same, but waits for the first. Errors: timeout, closed, invalid.
    Result<std::span<const Message>> peek_until(Instant deadline, std::size_t limit);
    /// The first `count` of those shown have been handed out: they are counted, and not shown
    /// again.
    void take(std::size_t count) noexcept;
    /// The message received last could not be decoded: it is counted `malformed` and its link is
    /// closed.
    void reject(const Error& error);
    /// Ends a wait in this port that is under way, or else the next one, with `timeout`. Any
    /// thread.
    void interrupt() noexcept;
    /// Counts the message received last as `malformed` without ending its link: for relays, which
    /// do not let a publisher's bad message cost its good ones.
    void discard();
    /// The link from which the last message came; 0: none yet.
    std::uint64_t last_link() const noexcept;
    /// That link, also if it has ended since; its id is 0 if there is none.
    LinkInfo sender() const;
    /// The description of the type that the last message's publisher sends; empty: raw bytes.
    std::string_view description() const noexcept;
    /// Level-triggered: readable until try_receive says empty. Owned by the port.
    int fd();
    /// Would try_receive() return something now? Takes nothing away. Errors: closed, invalid.
    Result<bool> is_ready();

private:
    std::shared_ptr<fabric::SubscriberState> state_;
};

/// An answer: its payload, or the error that stands in its place.
struct Answer {
    Payload payload;
};

/// A call under way. Move-only; destroyed unfinished, it is cancelled.
class PendingCallPort {
public:
    explicit PendingCallPort(std::shared_ptr<fabric::PendingCallState> state) noexcept;
    PendingCallPort(PendingCallPort&&) noexcept;
    PendingCallPort& operator=(PendingCallPort&&) noexcept;
    ~PendingCallPort();
    /// Waits for the answer, at most until the call's deadline. Every call ends: answered;
    /// unavailable (not received); lost (the peer died after it may have received it); timeout;
    /// failed (the replier's own error); closed.
    Result<Answer> wait();
    /// None: not yet.
    std::optional<Result<Answer>> try_result();
    /// Ends the call with `closed` and tells the replier, who may stop working on it.
    void cancel() noexcept;

private:
    std::shared_ptr<fabric::PendingCallState> state_;
};

/// Usable from any number of threads at once.
class RequesterPort {
public:
    explicit RequesterPort(std::shared_ptr<fabric::RequesterState> state) noexcept;
    RequesterPort(RequesterPort&&) noexcept;
    RequesterPort& operator=(RequesterPort&&) noexcept;
    ~RequesterPort();

    MYCELIUM_PORT_COMMON_
    /// Sends to the attached replier with the fewest open calls; waits for one to attach, within
    /// `timeout`.
    Result<Answer> call(const Payload& question, Duration timeout, std::string_view method = {});
    Result<PendingCallPort> begin_call(const Payload& question, Duration timeout,
                                       std::string_view method = {});
    /// Sends without expecting an answer.
    Outcome notify(const Payload& question, std::string_view method = {});
    /// Descriptions of what the attached repliers are asked, for tools; peer_descriptions() has
    /// those of their answers.
    std::vector<std::string> question_descriptions() const;

private:
    std::shared_ptr<fabric::RequesterState> state_;
};

/// One request to be answered, once, from any thread, even after the port is gone (the answer is
/// then dropped). Destroyed unanswered, the requester is told.
class RequestPort {
public:
    explicit RequestPort(std::shared_ptr<fabric::RequestState> state) noexcept;
    RequestPort(RequestPort&&) noexcept;
    RequestPort& operator=(RequestPort&&) noexcept;
    ~RequestPort();

    const Payload& question() const noexcept;  ///< owned; valid as long as this
    std::string_view method() const noexcept;
    bool is_notification() const noexcept;  ///< an answer would go nowhere
    bool is_cancelled() const noexcept;     ///< the requester has given up, or is gone
    Instant deadline() const noexcept;      ///< `never` if it has none
    Result<void> answer(const Payload& payload);
    /// An error answer: `detail` is the application's number, `data` is encoded MessagePack or
    /// empty.
    Result<void> fail(std::int64_t detail, std::string_view message, std::string_view data = {});
    /// The question could not be decoded.
    void reject(const Error& error);

private:
    std::shared_ptr<fabric::RequestState> state_;
};

/// One thread at a time; a second one is answered `invalid`.
class ReplierPort {
public:
    explicit ReplierPort(std::shared_ptr<fabric::ReplierState> state) noexcept;
    ReplierPort(ReplierPort&&) noexcept;
    ReplierPort& operator=(ReplierPort&&) noexcept;
    ~ReplierPort();

    MYCELIUM_PORT_COMMON_
    Result<RequestPort> receive_until(Instant deadline);
    Result<std::optional<RequestPort>> try_receive();
    int fd();
    /// Would try_receive() return something now? Takes nothing away. Errors: closed, invalid.
    Result<bool> is_ready();

private:
    std::shared_ptr<fabric::ReplierState> state_;
};

}  // namespace mycelium
