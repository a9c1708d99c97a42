// Ring channels: a SharedRing's writer and its readers.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/futex.h"
#include "benchmarks/raw/shared_ring.h"
#include "benchmarks/raw/stamp.h"

namespace mycelium::bench {

/// One wait of a side: whether it looks once more, or sleeps now.
class RingPatience {
public:
    explicit RingPatience(RingWait wait) noexcept : wait_(wait) {}
    bool looks_again() noexcept {
        if (wait_ == RingWait::sleep) return false;
        relax();
        if (wait_ == RingWait::spin || ++looks_ % looks_per_clock != 0) return true;
        const std::uint64_t time = now_ns();
        if (begin_ns_ == 0) begin_ns_ = time;
        return time - begin_ns_ < spin_ns;
    }

private:
    static constexpr unsigned looks_per_clock = 16;
    static constexpr std::uint64_t spin_ns = 20'000;
    RingWait wait_;
    unsigned looks_ = 0;
    std::uint64_t begin_ns_ = 0;
};

class RingWriter {
public:
    explicit RingWriter(const SharedRing& ring)
        : ring_(ring),
          words_(ring.words()),
          manner_(ring.manner()),
          message_(ring.message_bytes(), std::byte{'x'}) {
        ring.touch();
    }

    void send(std::uint64_t number) {
        if (written_ - known_read_ >= ring_.slots()) wait_for_room();
        const std::span<std::byte> slot = ring_.slot(written_);
        if (manner_.copies) {
            stamp(message_, number);
            std::memcpy(slot.data(), message_.data(), message_.size());
        } else {
            stamp(slot, number);
        }
        ++written_;
        if ((written_ & (manner_.at_once - 1)) == 0) flush();
    }
    void flush() noexcept {
        words_.written.store(written_, std::memory_order_release);  // pairs with the readers' look
        if (manner_.wait == RingWait::spin) return;
        // Pairs with the fence of a reader that goes to sleep: one of the two sees the other.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        for (std::size_t i = 0; i < ring_.readers(); ++i) wake_sleeper(words_.readers[i].sleeps);
    }

private:
    std::uint64_t least_read() const noexcept {
        std::uint64_t least = UINT64_MAX;
        for (std::size_t i = 0; i < ring_.readers(); ++i)
            least = std::min(least, words_.readers[i].read.load(std::memory_order_acquire));
        return least;
    }
    bool has_room() noexcept {
        known_read_ = least_read();
        return written_ - known_read_ < ring_.slots();
    }
    void wait_for_room() noexcept {
        RingPatience patience{manner_.wait};
        while (!has_room())
            if (!patience.looks_again())
                sleep_unless(words_.writer_sleeps, [this] { return has_room(); });
    }

    const SharedRing& ring_;
    RingWords& words_;
    const RingManner manner_;
    std::uint64_t written_ = 0;
    std::uint64_t known_read_ = 0;
    std::vector<std::byte> message_;
};

class RingReader {
public:
    explicit RingReader(const SharedRing& ring, std::size_t index = 0)
        : ring_(ring), words_(ring.words()), ours_(words_.readers[index]), manner_(ring.manner()) {
        ring.touch();
    }

    Arrival receive() noexcept {
        if (read_ == known_written_) wait_for_message();
        const Arrival arrival = read_stamp(ring_.slot(read_));
        ++read_;
        if ((read_ & (manner_.at_once - 1)) == 0) give_back();
        return arrival;
    }

private:
    bool has_message() noexcept {
        known_written_ = words_.written.load(std::memory_order_acquire);
        return read_ != known_written_;
    }
    void wait_for_message() noexcept {
        RingPatience patience{manner_.wait};
        while (!has_message())
            if (!patience.looks_again())
                sleep_unless(ours_.sleeps, [this] { return has_message(); });
    }
    void give_back() noexcept {
        ours_.read.store(read_, std::memory_order_release);  // pairs with least_read's acquire
        if (manner_.wait == RingWait::spin) return;
        std::atomic_thread_fence(std::memory_order_seq_cst);  // as in flush()
        // Half empty is soon enough: a wake-up for each would be the cost of the ring.
        if (known_written_ - read_ <= ring_.slots() / 2) wake_sleeper(words_.writer_sleeps);
    }

    const SharedRing& ring_;
    RingWords& words_;
    RingWords::Reader& ours_;
    const RingManner manner_;
    std::uint64_t read_ = 0;
    std::uint64_t known_written_ = 0;
};

/// Both: a ring out and a ring in.
class RingChannel {
public:
    RingChannel(const SharedRing& out, const SharedRing& in) : writer_(out), reader_(in) {}
    void send(std::uint64_t number) { writer_.send(number); }
    void flush() noexcept {}
    Arrival receive() noexcept { return reader_.receive(); }

private:
    RingWriter writer_;
    RingReader reader_;
};

}  // namespace mycelium::bench
