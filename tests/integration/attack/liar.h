// Liar: a peer that attaches to a port through shared memory like a real one, and then writes
// whatever it likes into all that it may write.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "host/memory/log_writer.h"
#include "host/memory/subscription.h"
#include "host/os/shared_memory.h"
#include "lies.h"
#include "part.h"
#include "support/raw_peer.h"

namespace mycelium::attack {

/// What a liar stamps its own messages with begins here; honest ones stay below.
inline constexpr std::uint64_t liars_numbers = std::uint64_t{1} << 40;

/// One link. Owns its socket and its maps.
class Liar {
public:
    /// Introduces itself. A publisher, requester or replier sends a log of its own; what the port
    /// sends is mapped. Never throws: a link that does not come about is_closed().
    Liar(const std::string& url, const wire::Hello& hello, std::mt19937_64& random);

    /// One lie, or (none) one honest act that makes the next lie believable.
    Lie lie();
    /// The port has ended the link.
    bool is_closed();

private:
    bool chance(unsigned of) { return random_() % of == 0; }
    /// A number that might mean something.
    std::uint64_t odd();
    void begin_reading();
    void begin_writing();
    memory::SubscriptionLayout& theirs() noexcept {
        return *reinterpret_cast<memory::SubscriptionLayout*>(subscription_->data());
    }
    memory::SubscriptionLayout& ours() noexcept {
        return *reinterpret_cast<memory::SubscriptionLayout*>(own_subscription_->memory().data());
    }
    memory::SharedWord& own_word(std::uint64_t offset) noexcept;
    Lie lie_as_reader();
    Lie lie_as_writer();
    Lie lie_on_the_socket();
    Lie write_record();
    void send_notice(std::span<const std::byte> payload, std::span<const int> descriptors);
    Lie send_segment();

    std::mt19937_64& random_;
    std::optional<testing_support::RawPeer> peer_;
    wire::Pattern pattern_;
    // What the port shares for us to read.
    std::optional<os::SharedMemory> subscription_;
    std::optional<os::SharedMemory> log_;
    // What we share for the port to read.
    std::optional<memory::LogWriter> own_log_;
    std::optional<memory::SubscriptionWriter> own_subscription_;
    std::vector<os::SharedMemory> segments_;
    std::uint64_t next_ = 1;
};

/// What a liar of that role says of itself.
wire::Hello liars_hello(const std::string& role, std::mt19937_64& random);

/// A process that lies at `url`, in `role`, `lies` times, from `seed`; then says how it went and
/// waits to be ended.
int play_liar(const conformance::Part& part, conformance::Channel& channel);

}  // namespace mycelium::attack
