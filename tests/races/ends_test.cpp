// The ends of a log and of a subscription on threads of their own, over one mapping, with memory of
// which each is entitled to touch only what the protocol has handed to it.
#include <gtest/gtest.h>
#include <mycelium/bytes.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <ostream>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "host/memory/log_reader.h"
#include "host/memory/log_writer.h"
#include "host/memory/subscription.h"

namespace mycelium::memory {
namespace {

constexpr unsigned seed = 20240620;
constexpr std::size_t chunk_count = 64;
constexpr std::size_t payload_bytes_max = 600;

/// Memory that a message hands over. Plain, so that ThreadSanitizer sees who touches it.
using Chunk = std::array<std::uint64_t, 4>;

struct Setting {
    const char* name;
    std::size_t log_bytes;
    std::uint64_t messages;
    std::uint64_t lag_max;  ///< a reader further behind loses messages
    bool is_lossy;          ///< else the writer waits

    friend std::ostream& operator<<(std::ostream& out, const Setting& setting) {
        return out << setting.name;
    }
};

/// What both ends share besides the segments: nothing that the protocol does not guard.
struct Shared {
    explicit Shared(const Setting& wanted)
        : setting(wanted),
          log(LogWriter::create(wanted.log_bytes, {}).value()),
          writer(SubscriptionWriter::create({.begin_sequence = 1}).value()) {
        SubscriptionHeader header;
        header.begin_sequence = 1;
        // The writer goes on by its address.
        reader = std::make_unique<SubscriptionReader>(std::move(writer.memory()), header);
        beside.resize(log.capacity() / record_step);
    }

    const Setting setting;
    LogWriter log;
    SubscriptionWriter writer;
    std::unique_ptr<SubscriptionReader> reader;
    std::array<Chunk, chunk_count> chunks{};
    /// Where no message is lost, plain memory beside each record: looked at before it is taken.
    std::vector<std::uint64_t> beside;
};

std::size_t size_of(std::uint64_t number) { return 16 + number * 37 % (payload_bytes_max - 16); }

std::byte fill_of(std::uint64_t number) { return static_cast<std::byte>(number * 7 + 1); }

class Writing {
public:
    explicit Writing(Shared& shared) : shared_(shared) {
        for (std::uint64_t i = 0; i < chunk_count; ++i) free_.push_back(i);
    }
    std::uint64_t dropped() const { return dropped_; }
    std::uint64_t early_wraps() const { return early_wraps_; }

    void run() {
        std::mt19937 random{seed};
        while (next_ <= shared_.setting.messages && !testing::Test::HasFailure()) {
            const std::uint64_t left = shared_.setting.messages + 1 - next_;
            write_batch(std::min<std::uint64_t>(1 + random() % 5, left));
        }
    }

private:
    struct Entry {
        std::uint64_t position;
        std::uint64_t chunk;
    };

    void write_batch(std::uint64_t messages) {
        std::size_t bytes = 0;
        for (std::uint64_t n = next_; n < next_ + messages; ++n) bytes += record_bytes(size_of(n));
        shared_.log.reserve(bytes).value();
        while (!has_room(messages, bytes)) {
            if (!shared_.setting.is_lossy || !drop_some()) std::this_thread::yield();
            if (testing::Test::HasFailure()) return;
        }
        const std::uint64_t lap = shared_.log.position() / shared_.log.capacity();
        const std::uint64_t offset = shared_.log.position() % shared_.log.capacity();
        shared_.log.begin(gate(), bytes, 0);
        for (std::uint64_t i = 0; i < messages; ++i) write_one();
        shared_.log.commit();
        const bool has_wrapped = shared_.log.position() / shared_.log.capacity() != lap;
        if (has_wrapped && offset + bytes + record_step < shared_.log.capacity()) ++early_wraps_;
    }
    void write_one() {
        const std::uint64_t chunk = free_.back();
        free_.pop_back();
        shared_.chunks[chunk].fill(next_);
        const std::size_t size = size_of(next_);
        std::array<std::byte, payload_bytes_max> payload;
        std::fill_n(payload.begin(), size, fill_of(next_));
        base::store_little(payload.data(), chunk);
        const std::uint64_t position =
            shared_.log.append({0, next_, 0, size}, std::span{payload}.first(size), {});
        if (!shared_.setting.is_lossy) {
            const std::uint64_t begin = shared_.log.position() - record_bytes(size);
            shared_.beside[begin % shared_.log.capacity() / record_step] = next_;
        }
        entries_.push_back({position, chunk});
        ++next_;
    }
    std::uint64_t first() const { return next_ - entries_.size(); }
    std::uint64_t gate() const {
        return entries_.empty() ? shared_.log.position() : entries_.front().position;
    }
    bool has_room(std::uint64_t messages, std::size_t bytes) {
        const auto head = shared_.writer.head(next_);
        EXPECT_TRUE(head) << "a head that cannot be";
        // What the reader has taken it will release.
        while (head && first() < *head) entries_.pop_front();
        while (const auto ticket = shared_.writer.next_released().value()) free_.push_back(*ticket);
        return free_.size() >= messages && shared_.log.has_space(gate(), bytes) &&
               entries_.size() + messages <= shared_.setting.lag_max;
    }
    bool drop_some() {
        const std::uint64_t count = (entries_.size() + 1) / 2;
        if (count == 0) return false;
        const std::uint64_t position =
            count == entries_.size() ? shared_.log.position() : entries_[count].position;
        if (!shared_.writer.drop_to(first() + count, position, DropReason::queue_full))
            return false;
        // The reader has not touched these, and never will.
        for (std::uint64_t i = 0; i < count; ++i) {
            free_.push_back(entries_.front().chunk);
            entries_.pop_front();
        }
        dropped_ += count;
        return true;
    }

    Shared& shared_;
    std::vector<std::uint64_t> free_;
    std::deque<Entry> entries_;  // that the reader has not taken, as far as the writer knows
    std::uint64_t next_ = 1;
    std::uint64_t dropped_ = 0;
    std::uint64_t early_wraps_ = 0;
};

/// Looks at chunks and releases them, on several threads.
class Releasing {
public:
    explicit Releasing(Shared& shared) : shared_(shared) {
        for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { run(); });
    }
    void give(std::uint64_t chunk, std::uint64_t number) {
        {
            const std::lock_guard guard{mutex_};
            held_.emplace_back(chunk, number);
        }
        changed_.notify_one();
    }
    void end() {
        {
            const std::lock_guard guard{mutex_};
            is_over_ = true;
        }
        changed_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

private:
    void run() {
        for (;;) {
            std::pair<std::uint64_t, std::uint64_t> held;
            {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [this] { return is_over_ || !held_.empty(); });
                if (held_.empty()) return;
                held = held_.back();
                held_.pop_back();
            }
            EXPECT_EQ(shared_.chunks[held.first][held.second % 4], held.second)
                << "written over while it was held";
            shared_.reader->release(held.first);
        }
    }
    Shared& shared_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> held_;
    bool is_over_ = false;
    std::vector<std::thread> threads_;
};

class Reading {
public:
    explicit Reading(Shared& shared)
        : shared_(shared), log_(LogReader::over(shared.log.memory().span()).value()) {}
    std::uint64_t received() const { return received_; }
    std::uint64_t dropped() const { return dropped_[static_cast<int>(DropReason::queue_full)]; }

    void run() {
        std::mt19937 random{seed + 1};
        Releasing releasing{shared_};
        while (next_ <= shared_.setting.messages && !testing::Test::HasFailure()) {
            if (take(1 + random() % 8, releasing)) continue;
            if (shared_.reader->head() == next_)
                std::this_thread::yield();
            else
                follow();
        }
        releasing.end();
    }

private:
    /// A copy, which is void if the head cannot be moved past it.
    struct Copied {
        std::uint64_t number;
        std::size_t size;
        std::array<std::byte, payload_bytes_max + 8> payload;
    };

    bool take(std::size_t limit, Releasing& releasing) {
        copied_.clear();
        std::uint64_t position = position_;
        LogReader::Record record;
        bool is_sound = true;
        while (copied_.size() < limit) {
            const auto look = log_.look(position, payload_bytes_max, record);
            if (look == LogReader::Look::nothing) break;
            is_sound = look == LogReader::Look::record && record.sequence == next_ + copied_.size();
            if (!is_sound) break;
            auto& copy = copied_.emplace_back();
            copy.number = record.sequence;
            copy.size = record.payload.size();
            LogReader::copy_payload(copy.payload.data(), record.payload);
            if (!shared_.setting.is_lossy) look_beside(record);
            position = record.next;
        }
        EXPECT_TRUE(is_sound || !shared_.reader->take(next_, next_)) << "nonsense in the log";
        const std::uint64_t end = next_ + copied_.size();
        if (copied_.empty() || !shared_.reader->take(next_, end)) return false;
        position_ = position;
        next_ = end;
        for (const Copied& copy : copied_) receive(copy, releasing);
        return true;
    }
    void look_beside(const LogReader::Record& record) {
        const std::uint64_t begin = record.next - record_bytes(record.payload.size());
        EXPECT_EQ(shared_.beside[begin % log_.header().capacity / record_step], record.sequence);
    }
    void receive(const Copied& copy, Releasing& releasing) {
        EXPECT_EQ(copy.size, size_of(copy.number)) << copy.number;
        const auto fill = std::span{copy.payload}.first(copy.size).subspan(8);
        EXPECT_TRUE(std::all_of(fill.begin(), fill.end(),
                                [&](std::byte one) { return one == fill_of(copy.number); }))
            << copy.number << " is torn";
        const auto chunk = base::load_little<std::uint64_t>(copy.payload.data());
        ASSERT_LT(chunk, chunk_count);
        EXPECT_EQ(shared_.chunks[chunk][0], copy.number);
        releasing.give(chunk, copy.number);
        ++received_;
    }
    void follow() {
        const auto place = shared_.reader->place(shared_.reader->head());
        if (!place) return;  // it was moved again
        ASSERT_GT(place->sequence, next_);
        position_ = place->position;
        next_ = place->sequence;
        dropped_ = place->dropped;
    }

    Shared& shared_;
    LogReader log_;
    std::uint64_t position_ = 0;
    std::uint64_t next_ = 1;
    std::uint64_t received_ = 0;
    Drops dropped_{};
    std::vector<Copied> copied_;
};

class OneMapping : public testing::TestWithParam<Setting> {};

TEST_P(OneMapping, nobody_touches_what_was_not_handed_to_it) {
    Shared shared{GetParam()};
    Writing writing{shared};
    Reading reading{shared};
    std::thread reader{[&] { reading.run(); }};
    writing.run();
    reader.join();
    EXPECT_EQ(reading.received() + writing.dropped(), GetParam().messages);
    EXPECT_EQ(reading.dropped(), writing.dropped());
    EXPECT_EQ(writing.dropped() > 0, GetParam().is_lossy);
    EXPECT_EQ(writing.early_wraps() > 0, GetParam().log_bytes > 1 * MiB);
}

INSTANTIATE_TEST_SUITE_P(
    with, OneMapping,
    testing::Values(Setting{"a_reader_that_is_waited_for", 8 * KiB, 5'000, 1000, false},
                    Setting{"a_reader_that_loses_some", 8 * KiB, 20'000, 1000, true},
                    Setting{"a_reader_of_the_newest", 8 * KiB, 20'000, 6, true},
                    Setting{"a_log_that_begins_anew_early", 2 * MiB, 6'000, 1000, false},
                    Setting{"early_laps_and_losses", 2 * MiB, 20'000, 20, true}),
    [](const auto& setting) { return setting.param.name; });

}  // namespace
}  // namespace mycelium::memory
