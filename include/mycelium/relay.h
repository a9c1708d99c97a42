// Relay: many publishers of domain messages in, many consumers out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/ext/ports.h>
#include <mycelium/node.h>

namespace mycelium {

namespace relay {
class Engine;
}

struct RelayOptions {
    std::uint8_t domain = 0;  ///< 1 market data, 2 signal, 3 execution: what it lets pass
    Urls in = {};             ///< bound: publishers dial them
    Urls out = {};            ///< bound: consumers dial them
    /// Where it can be managed; empty: at those of `out` that only this machine reaches.
    Urls control = {};
    /// How long a consumer that asked for `block` may hold up the relay, and so all others; then it
    /// is dropped for. 0: never.
    Duration block_max{0};
    Duration linger = limits::linger;  ///< at the end, for consumers to take what is queued
    std::size_t history = 0;           ///< how many last messages a late consumer is given
    std::size_t queue_messages_max = limits::queue_messages_max;  ///< at each publisher, for it
    std::uint64_t message_bytes_max = limits::message_bytes_max;
    // A publisher that comes and goes without bringing a good message: after so many times within
    // `flap_window` it is refused for `flap_rest`; then it may try once.
    std::uint32_t flaps_max = 5;
    Duration flap_window = std::chrono::seconds{60};
    Duration flap_rest = std::chrono::seconds{60};
};

/// One publisher, as the relay sees it.
struct RelaySource {
    std::string name;        ///< of its node
    std::int64_t pid = 0;    ///< 0: not known
    std::string url;         ///< that it dialled
    std::uint64_t id = 0;    ///< by which its messages' origins name it
    bool is_linked = false;  ///< now
    std::string breaker;     ///< closed, open, half-open
    std::uint64_t forwarded = 0;
    std::uint64_t malformed = 0;        ///< no sequence of TLVs: not forwarded
    std::uint64_t misrouted = 0;        ///< of another domain: not forwarded
    std::uint64_t failed = 0;           ///< could not be forwarded: no memory
    std::vector<std::uint64_t> missed;  ///< on their way to the relay, by DropReason
};
MYCELIUM_FIELDS(RelaySource, (1, name), (2, pid), (3, url), (4, id), (5, is_linked), (6, breaker),
                (7, forwarded), (8, malformed), (9, misrouted), (10, missed), (11, failed));

/// One consumer.
struct RelayConsumer {
    std::string name;      ///< of its node
    std::int64_t pid = 0;  ///< 0: not known
    std::string url;       ///< that it dialled
    std::uint64_t link = 0;
    std::string state;                ///< active, slow, paused, draining, drained, evicted
    std::string policy;               ///< block, drop_oldest, latest, disconnect
    std::vector<std::uint8_t> types;  ///< that it asked for; empty: all
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t lag = 0;               ///< messages on their way to it
    std::uint64_t lag_ns = 0;            ///< since the oldest of them came from its publisher
    std::vector<std::uint64_t> dropped;  ///< by DropReason
};
MYCELIUM_FIELDS(RelayConsumer, (1, name), (2, pid), (3, url), (4, link), (5, state), (6, policy),
                (7, types), (8, sent), (9, delivered), (10, lag), (11, lag_ns), (12, dropped));

struct RelayReport {
    std::string name;  ///< of the relay's node
    std::uint8_t domain = 0;
    std::vector<std::string> in;
    std::vector<std::string> out;
    std::string state;            ///< running, paused, draining
    std::uint64_t forwarded = 0;  ///< messages
    std::uint64_t malformed = 0;
    std::uint64_t misrouted = 0;
    std::uint64_t at_ns = 0;  ///< when this was counted, Unix time
    std::vector<RelaySource> sources;
    std::vector<RelayConsumer> consumers;
};
MYCELIUM_FIELDS(RelayReport, (1, name), (2, domain), (3, in), (4, out), (5, state), (6, forwarded),
                (7, malformed), (8, misrouted), (9, at_ns), (10, sources), (11, consumers));

/// What a relay is asked at its control URL; it answers with its report.
struct RelayCommand {
    std::string verb;  ///< list, pause, resume, drain, evict
    /// NAME, NAME@PID or #LINK; empty: the relay as a whole.
    std::string consumer;
};
MYCELIUM_FIELDS(RelayCommand, (1, verb), (2, consumer));

/// Carries messages of one domain from all publishers to all consumers, by the numbers of their
/// TLVs, without looking at values. Who published a message, as which number and when, goes with
/// it (Origin). A message that is no sequence of TLVs is counted and goes no further; neither it
/// nor a slow consumer costs anybody else anything. Moves only; ends its ports with it.
class Relay {
public:
    /// Opens its ports. Errors: invalid (no such domain, no URLs), and those of Node's ports.
    static Result<Relay> create(Node& node, const RelayOptions& options);
    Relay(Relay&& other) noexcept;
    Relay& operator=(Relay&& other) noexcept;
    ~Relay();

    /// Forwards on the calling thread until stop(), or until the node stops.
    Result<void> run();
    /// Ends run(), also before it has begun. Any thread.
    void stop() noexcept;

    const std::vector<std::string>& in() const noexcept;
    const std::vector<std::string>& out() const noexcept;
    /// Empty: nobody but this process can manage it.
    const std::vector<std::string>& control() const noexcept;
    /// Any thread.
    RelayReport report() const;
    /// pause, resume, drain, evict; `consumer` as in RelayCommand. Any thread; drain waits up to
    /// ten seconds. Errors: invalid (no such verb), unavailable (no such consumer; those that are
    /// there are named), timeout.
    Result<void> manage(const RelayCommand& command);

private:
    explicit Relay(std::unique_ptr<relay::Engine> engine) noexcept;
    std::unique_ptr<relay::Engine> engine_;
};

}  // namespace mycelium
