// A log's two ends: what is written is read as it was, across laps, batches and pads.
#include <gtest/gtest.h>
#include <mycelium/bytes.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/endian.h"
#include "host/memory/log_reader.h"
#include "host/memory/log_writer.h"

namespace mycelium::memory {
namespace {

using Look = LogReader::Look;

struct Log {
    explicit Log(std::size_t capacity)
        : writer(LogWriter::create(capacity, {}).value()),
          reader(LogReader::over(writer.memory().span()).value()) {}

    void append(std::uint64_t sequence, std::string_view text) {
        positions.push_back(
            writer.append({0, sequence, 0, text.size()}, std::as_bytes(std::span{text}), {}));
    }
    /// One record of its own batch; everything before it may be overwritten.
    void write(std::uint64_t sequence, std::string_view text) {
        const std::size_t bytes = record_bytes(text.size());
        ASSERT_TRUE(writer.has_space(writer.position(), bytes));
        writer.begin(writer.position(), bytes, lag_bytes);
        append(sequence, text);
        writer.commit();
    }
    std::string text_of(const LogReader::Record& record) const {
        std::vector<std::byte> copy(LogReader::padded(record.payload.size()));
        LogReader::copy_payload(copy.data(), record.payload);
        return {reinterpret_cast<const char*>(copy.data()), record.payload.size()};
    }

    LogWriter writer;
    LogReader reader;
    std::uint64_t lag_bytes = 0;
    std::vector<std::uint64_t> positions;
};

std::string text_numbered(std::uint64_t number) {
    return std::string(number * 7 % 90, static_cast<char>('a' + number % 26));
}

TEST(Log, what_is_written_is_read_as_it_was_lap_after_lap) {
    Log log{1024};
    std::uint64_t position = 0;
    LogReader::Record record;
    for (std::uint64_t n = 1; n <= 1000; ++n) {
        ASSERT_EQ(log.reader.look(position, 1000, record), Look::nothing);
        EXPECT_FALSE(log.reader.has(position));
        log.write(n, text_numbered(n));
        ASSERT_EQ(log.reader.look(position, 1000, record), Look::record) << n;
        EXPECT_EQ(record.sequence, n);
        EXPECT_EQ(log.text_of(record), text_numbered(n));
        position = record.next;
    }
    EXPECT_GT(position, 10 * log.writer.capacity());
}

TEST(Log, a_batch_is_invisible_until_it_is_committed_whole) {
    Log log{1024};
    LogReader::Record record;
    log.writer.begin(0, 3 * record_bytes(5), 0);
    for (std::uint64_t n = 1; n <= 3; ++n) log.append(n, "hello");
    EXPECT_EQ(log.reader.look(0, 1000, record), Look::nothing);
    log.writer.commit();
    std::uint64_t position = 0;
    for (std::uint64_t n = 1; n <= 3; ++n) {
        ASSERT_EQ(log.reader.look(position, 1000, record), Look::record);
        EXPECT_EQ(record.sequence, n);
        position = record.next;
    }
    EXPECT_EQ(log.reader.look(position, 1000, record), Look::nothing);
}

TEST(Log, a_batch_across_the_end_of_the_lap_is_invisible_until_then_too) {
    Log log{512};
    log.write(1, std::string(400, 'x'));
    LogReader::Record record;
    const std::uint64_t position = log.writer.position();
    log.writer.begin(position, 2 * record_bytes(60), 0);
    log.append(2, std::string(60, 'y'));
    log.append(3, std::string(60, 'z'));
    EXPECT_EQ(log.reader.look(position, 1000, record), Look::nothing);
    log.writer.commit();
    ASSERT_EQ(log.reader.look(position, 1000, record), Look::record);
    EXPECT_EQ(log.text_of(record), std::string(60, 'y'));
    ASSERT_EQ(log.reader.look(record.next, 1000, record), Look::record);
    EXPECT_EQ(log.text_of(record), std::string(60, 'z'));
}

TEST(Log, a_record_that_fits_the_lap_exactly_is_followed_by_the_next_lap) {
    Log log{256};
    log.write(1, std::string(256 - header_bytes - 64, 'x'));
    log.write(2, std::string(32, 'y'));  // ends with the lap
    EXPECT_EQ(log.writer.position(), 256u);
    log.write(3, "z");
    LogReader::Record record;
    ASSERT_EQ(log.reader.look(256, 1000, record), Look::record);
    EXPECT_EQ(log.text_of(record), "z");
}

TEST(Log, there_is_space_only_for_what_overwrites_nothing_at_the_gate) {
    Log log{1024};
    log.write(1, std::string(400, 'x'));
    EXPECT_TRUE(log.writer.has_space(0, 1024 - 448 - record_step));
    EXPECT_FALSE(log.writer.has_space(0, 1024 - 448));
    EXPECT_TRUE(log.writer.has_space(log.writer.gate_for(600), 600));
    EXPECT_FALSE(log.writer.has_space(log.writer.gate_for(600) - 1, 600));
}

TEST(Log, while_nobody_lags_it_stays_in_its_hot_part) {
    Log log{4 * MiB};
    std::uint64_t highest = 0;
    for (std::uint64_t n = 1; n <= 20'000; ++n) {
        log.write(n, std::string(1000, 'x'));
        highest = std::max(highest, log.positions.back() % log.writer.capacity());
    }
    EXPECT_LT(highest, 1 * MiB);
}

TEST(Log, the_hot_part_is_as_large_as_readers_may_fall_behind) {
    Log log{4 * MiB};
    log.lag_bytes = 3 * MiB;
    std::uint64_t gate = 0;
    for (std::uint64_t n = 1; n <= 20'000; ++n) log.write(n, std::string(1000, 'x'));
    // From now on a reader stands still.
    gate = log.writer.position();
    std::uint64_t written = 0;
    while (log.writer.has_space(gate, record_bytes(1000))) {
        log.writer.begin(gate, record_bytes(1000), log.lag_bytes);
        log.append(20'001 + written++, std::string(1000, 'x'));
        log.writer.commit();
    }
    EXPECT_GE(written * record_bytes(1000), 3 * MiB - 2 * record_bytes(1000));
}

TEST(Log, nonsense_in_it_is_no_record) {
    Log log{1024};
    log.write(1, "hello");
    std::byte* const data = log.writer.memory().data() + log_data_offset;
    LogReader::Record record;
    EXPECT_EQ(log.reader.look(8, 1000, record), Look::nonsense) << "between two steps";
    EXPECT_EQ(log.reader.look(0, 4, record), Look::nonsense) << "larger than may be";
    base::store_little(data + 24, std::uint32_t{0xffff'ffff});
    EXPECT_EQ(log.reader.look(0, SIZE_MAX, record), Look::nonsense) << "beyond the lap";
    base::store_little(data + 8, pad_bit | 1);
    EXPECT_EQ(log.reader.look(0, 1000, record), Look::nonsense) << "a pad before a pad, for ever";
}

TEST(Log, a_layout_that_cannot_be_is_refused) {
    Log log{1024};
    std::vector<std::byte> copy(log.writer.memory().span().begin(),
                                log.writer.memory().span().end());
    EXPECT_TRUE(LogReader::over(copy).ok());
    for (const std::size_t at : {0u, 8u, 12u, 16u, 20u}) {
        auto bad = copy;
        bad[at] ^= std::byte{0x81};
        EXPECT_EQ(LogReader::over(bad).error(), Errc::malformed) << "byte " << at;
    }
    EXPECT_EQ(LogReader::over(std::span{copy}.first(100)).error(), Errc::malformed);
    EXPECT_EQ(LogReader::over(std::span{copy}.first(copy.size() - 32)).error(), Errc::malformed);
}

}  // namespace
}  // namespace mycelium::memory
