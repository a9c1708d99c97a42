// Small messages to readers that are all behind streams: frames that are made once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <mycelium/mycelium.h>

#include "base/copy.h"

namespace mycelium {
namespace {

constexpr Duration patience = std::chrono::seconds{30};

struct Reading {
    std::uint64_t number = 0;
    std::array<std::uint64_t, 6> between{};
    std::uint64_t again = 0;
};
MYCELIUM_FLAT(Reading, number, between, again);

struct Quote {
    std::uint64_t number = 0;
};
MYCELIUM_TLV(Quote, 11, number);

std::vector<Reading> readings(std::uint64_t first, std::size_t count) {
    std::vector<Reading> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i].number = all[i].again = first + i;
    return all;
}

class Frames : public testing::TestWithParam<const char*> {
protected:
    Frames() {
        const std::string name = "frames-" + std::to_string(::getpid());
        url_ = GetParam() == std::string{"tcp"} ? "tcp://127.0.0.1:0" : "unix://@" + name;
    }
    template <class T = Reading>
    Publisher<T> publisher(const PublisherOptions& options = {}) {
        auto made = home_.publisher<T>(url_, options).value();
        url_ = made.url();
        return made;
    }
    template <class T = Reading>
    Subscriber<T> subscriber(const SubscriberOptions& options = {}) {
        return away_.subscriber<T>(url_, options).value();
    }
    template <class T>
    void expect_balanced(Publisher<T>& publisher) {
        ASSERT_TRUE(publisher.drain(patience).ok());
        const Counters counters = publisher.counters();
        EXPECT_TRUE(counters.is_balanced())
            << counters.sent << " " << counters.delivered << " " << counters.dropped_total();
    }

    Node home_{"home"}, away_{"away"};
    std::string url_;
};

TEST_P(Frames, several_at_once_arrive_whole_and_in_order) {
    auto out = publisher({.source = 9});
    auto in = subscriber();
    out.wait_for(1, patience).value();
    std::uint64_t sent = 0, received = 0;
    for (const std::size_t count : {1, 2, 64, 1, 300, 3}) {
        EXPECT_EQ(out.publish(readings(sent + 1, count)).subscribers(), 1u);
        sent += count;
        std::optional<std::uint64_t> timestamp;
        for (std::size_t i = 0; i < count; ++i) {
            const auto sample = in.receive_for(patience).value();
            EXPECT_EQ(sample->number, ++received);
            EXPECT_EQ(sample->again, received);
            EXPECT_EQ(sample.header().sequence, received);
            EXPECT_EQ(sample.header().source, 9);
            EXPECT_EQ(sample.header().payload_size, sizeof(Reading));
            EXPECT_EQ(sample.header().timestamp, timestamp.value_or(sample.header().timestamp));
            EXPECT_FALSE(sample.missed());
            timestamp = sample.header().timestamp;
        }
    }
    EXPECT_EQ(out.counters().bytes, sent * sizeof(Reading));
    expect_balanced(out);
}

TEST_P(Frames, each_of_two_readers_gets_all) {
    auto out = publisher();
    auto one = subscriber(), other = subscriber();
    out.wait_for(2, patience).value();
    EXPECT_EQ(out.publish(readings(1, 100)).subscribers(), 2u);
    EXPECT_EQ(out.publish(readings(101, 1)).subscribers(), 2u);
    for (std::uint64_t i = 1; i <= 101; ++i) {
        EXPECT_EQ(one.receive_for(patience).value()->number, i);
        EXPECT_EQ(other.receive_for(patience).value()->number, i);
    }
    EXPECT_EQ(out.counters().sent, 202u);
    expect_balanced(out);
}

TEST_P(Frames, a_reader_that_does_not_keep_up_is_told_what_it_missed) {
    auto out = publisher();
    auto in = subscriber({.slow = SlowReader::drop_oldest, .queue_messages_max = 8});
    out.wait_for(1, patience).value();
    // Until the sockets are full, and then some.
    constexpr std::uint64_t count = 200'000;
    for (std::uint64_t sent = 0; sent < count; sent += 50)
        out.publish(readings(sent + 1, 50)).value();
    std::uint64_t accounted = 0;
    while (accounted < count) {
        const auto sample = in.receive_for(patience).value();
        accounted += sample.missed().of(DropReason::queue_full) + 1;
        ASSERT_EQ(sample->number, accounted);
    }
    EXPECT_LT(in.counters().delivered, count);
    expect_balanced(out);
}

TEST_P(Frames, a_call_that_brings_more_than_a_queue_holds_waits_for_its_reader) {
    auto out = publisher();
    auto in = subscriber({.queue_messages_max = 4});
    out.wait_for(1, patience).value();
    constexpr std::uint64_t count = 20'000;
    std::thread reader{[&] {
        for (std::uint64_t i = 1; i <= count; ++i) {
            const auto sample = in.receive_for(patience).value();
            EXPECT_EQ(sample->number, i);
            EXPECT_FALSE(sample.missed());
        }
    }};
    for (std::uint64_t sent = 0; sent < count; sent += 100)
        out.publish(readings(sent + 1, 100)).value();
    reader.join();
    expect_balanced(out);
}

TEST_P(Frames, what_is_too_large_for_one_reader_reaches_the_other) {
    auto out = publisher<Bytes>();
    auto narrow = subscriber<Bytes>({.message_bytes_max = 16});
    auto wide = subscriber<Bytes>();
    out.wait_for(2, patience).value();
    for (const std::size_t size : {16, 17, 16})
        out.publish(Bytes::copy_of(std::vector<std::byte>(size))).value();
    for (const std::size_t size : {16, 17, 16})
        EXPECT_EQ(wide.receive_for(patience).value()->size(), size);
    EXPECT_FALSE(narrow.receive_for(patience).value().missed());
    EXPECT_EQ(narrow.receive_for(patience).value().missed().of(DropReason::too_large), 1u);
    expect_balanced(out);
}

TEST_P(Frames, values_of_a_domain_carry_a_checksum_wherever_they_go) {
    auto out = publisher<Quote>();
    auto in = subscriber<Quote>();
    out.wait_for(1, patience).value();
    const std::vector<Quote> quotes{{1}, {2}, {3}};
    out.publish(quotes).value();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const auto sample = in.receive_for(patience).value();
        EXPECT_EQ(sample->number, i);
        EXPECT_EQ(sample.header().relay_domain, tlv::domain_of(11));
        EXPECT_EQ(sample.header().flags & flag_unchecked, 0);
    }
    EXPECT_EQ(out.counters().encoded, 3u);
    expect_balanced(out);
}

TEST_P(Frames, a_paused_reader_is_told_what_it_missed_and_goes_on) {
    auto out = publisher();
    auto in = subscriber();
    out.wait_for(1, patience).value();
    const std::uint64_t link = out.port().links().at(0).id;
    out.publish(readings(1, 2)).value();
    ASSERT_TRUE(out.port().pause_link(link, true));
    out.publish(readings(3, 5)).value();
    ASSERT_TRUE(out.port().pause_link(link, false));
    out.publish(readings(8, 2)).value();
    for (const std::uint64_t number : {1, 2}) {
        const auto sample = in.receive_for(patience).value();
        EXPECT_EQ(sample->number, number);
    }
    const auto after_the_pause = in.receive_for(patience).value();
    EXPECT_EQ(after_the_pause->number, 8u);
    EXPECT_EQ(after_the_pause.missed().of(DropReason::paused), 5u);
    EXPECT_EQ(in.receive_for(patience).value()->number, 9u);
    expect_balanced(out);
}

#ifdef MYCELIUM_COUNT_COPIES
TEST_P(Frames, a_small_value_is_copied_once_at_each_end) {
    auto out = publisher();
    auto in = subscriber();
    out.wait_for(1, patience).value();
    out.publish(readings(1, 1)).value();
    in.receive_for(patience).value();  // what follows does not come with the introduction
    constexpr std::size_t count = 200;
    const auto batch = readings(2, count);
    const std::uint64_t before = base::copied_bytes;
    out.publish(batch).value();
    for (std::size_t i = 0; i < count; ++i) in.receive_for(patience).value();
    // Their headers go by way of registers; some notices are copied besides.
    EXPECT_LT(base::copied_bytes - before, 2 * count * sizeof(Reading) + count * header_bytes / 2);
}
#endif

INSTANTIATE_TEST_SUITE_P(Over, Frames, testing::Values("unix", "tcp"),
                         [](const auto& one) { return std::string{one.param}; });

}  // namespace
}  // namespace mycelium
