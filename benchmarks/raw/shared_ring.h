// SharedRing: a ring of equal slots in memory that the sides of a measurement share: one writes,
// each of some readers reads everything.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "benchmarks/raw/arena.h"

namespace mycelium::bench {

/// How a side of a ring waits for the other one.
enum class RingWait : std::uint8_t {
    spin,             ///< never sleeps
    sleep,            ///< sleeps in a futex at once
    spin_then_sleep,  ///< after 20 µs
};

/// How a ring is used.
struct RingManner {
    RingWait wait = RingWait::spin;
    /// The whole message is copied into its slot; else only its two stamps are written, where the
    /// readers look at them, as if the message had been made there.
    bool copies = false;
    /// So many messages are told at once, and given back at once. A power of two, at most 32.
    std::size_t at_once = 1;
};

/// The words of a ring, each on cache lines of its own.
struct RingWords {
    alignas(128) std::atomic<std::uint64_t> written{0};        ///< messages ever; the writer's
    alignas(128) std::atomic<std::uint32_t> writer_sleeps{0};  ///< both sides'
    struct Reader {
        alignas(128) std::atomic<std::uint64_t> read{0};    ///< messages ever; the reader's
        alignas(128) std::atomic<std::uint32_t> sleeps{0};  ///< both sides'
    };
    std::array<Reader, receivers_max> readers;
};

/// Made before the sides are forked; anonymous, so it goes with the last of them.
class SharedRing {
public:
    /// Small messages have a ring that stays in a core's cache, large ones four slots. Throws
    /// std::system_error.
    SharedRing(std::size_t message_bytes, const RingManner& manner, std::size_t readers = 1);
    ~SharedRing();
    SharedRing(const SharedRing&) = delete;
    SharedRing& operator=(const SharedRing&) = delete;

    const RingManner& manner() const noexcept { return manner_; }
    std::size_t message_bytes() const noexcept { return message_bytes_; }
    std::size_t slots() const noexcept { return slots_; }
    std::size_t readers() const noexcept { return readers_; }
    RingWords& words() const noexcept { return *words_; }
    /// Where the message that is the `count`-th, from 0, lies.
    std::span<std::byte> slot(std::uint64_t count) const noexcept {
        return {data_ + (count & (slots_ - 1)) * stride_, message_bytes_};
    }
    /// A process that has been forked touches the pages that it shares: faults are no part of a
    /// message.
    void touch() const noexcept;

private:
    RingManner manner_;
    std::size_t message_bytes_;
    std::size_t stride_;
    std::size_t slots_ = 4;  // a power of two
    std::size_t readers_;
    std::size_t memory_bytes_ = 0;
    RingWords* words_ = nullptr;
    std::byte* data_ = nullptr;
};

}  // namespace mycelium::bench
