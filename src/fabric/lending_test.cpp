// Loans over unix://: by descriptor where that can be, and as ever where not.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

#include "fabric/wrapped_streams_testing.h"

namespace mycelium {
namespace {

using namespace std::chrono_literals;

constexpr Duration patience = 30s;
constexpr std::size_t large = 1 * MiB;

std::string url(const std::string& name) {
    return "unix://@mycelium-lending-" + std::to_string(::getpid()) + "-" + name;
}

NodeOptions quiet(std::string name) {
    NodeOptions options;
    options.name = std::move(name);
    options.log = [](std::string_view) {};
    return options;
}

/// Whether these bytes lie in a pool that processes share, as the kernel sees it.
bool is_shared(const Bytes& bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        std::size_t dash = 0;
        const std::uintptr_t begin = std::stoull(line, &dash, 16);
        const std::uintptr_t end = std::stoull(line.substr(dash + 1), nullptr, 16);
        if (begin <= address && address < end)
            return line.find("mycelium.pool") != std::string::npos;
    }
    return false;
}

/// Of pools that processes share, how much is mapped here.
std::size_t shared_bytes() {
    std::ifstream maps{"/proc/self/maps"};
    std::size_t bytes = 0;
    for (std::string line; std::getline(maps, line);) {
        if (line.find("mycelium.pool") == std::string::npos) continue;
        std::size_t dash = 0;
        const std::size_t begin = std::stoull(line, &dash, 16);
        bytes += std::stoull(line.substr(dash + 1), nullptr, 16) - begin;
    }
    return bytes;
}

/// Tells one message's bytes from another's.
void fill(std::span<std::byte> memory, std::uint64_t number) {
    std::memset(memory.data(), static_cast<int>(number * 7 + 1) & 255, memory.size());
    memory[0] = static_cast<std::byte>(number);
    memory[1] = static_cast<std::byte>(number >> 8);
}

bool is_filled(std::span<const std::byte> memory, std::uint64_t number) {
    return memory[0] == static_cast<std::byte>(number) &&
           memory[1] == static_cast<std::byte>(number >> 8) &&
           memory[2] == static_cast<std::byte>(number * 7 + 1) &&
           std::memcmp(&memory[2], &memory[3], memory.size() - 3) == 0;  // all alike
}

struct Ends {
    explicit Ends(const std::string& name, SubscriberOptions reading = {},
                  PublisherOptions writing = {}, NodeOptions home_options = quiet("home"))
        : home(std::move(home_options)),
          publisher(home->publisher<Bytes>(url(name), writing).value()),
          subscriber(away.subscriber<Bytes>(url(name), reading).value()) {
        publisher->wait_for(1, patience).value();
        subscriber->wait_for(1, patience).value();
    }
    std::byte* publish(std::size_t size = large) {
        auto loan = publisher->loan(size).value();
        std::byte* const memory = loan.span().data();
        fill(loan.span(), ++number);
        publisher->publish(std::move(loan)).value();
        return memory;
    }
    Sample<Bytes> receive() {
        auto sample = subscriber->receive_for(patience).value();
        const std::uint64_t expected = received + sample.missed().count() + 1;
        EXPECT_EQ(sample.header().sequence, expected) << "out of order";
        EXPECT_TRUE(is_filled(sample->span(), sample.header().sequence));
        received = sample.header().sequence;
        return sample;
    }
    /// Passes loans one by one until one goes by descriptor; none: none does.
    std::optional<Sample<Bytes>> pass_one_lent(std::size_t size = large) {
        for (int i = 0; i < 1000; ++i) {
            publish(size);
            auto sample = receive();
            if (is_shared(*sample)) return sample;
        }
        return std::nullopt;
    }

    std::optional<Node> home;
    Node away{quiet("away")};
    std::optional<Publisher<Bytes>> publisher;
    std::optional<Subscriber<Bytes>> subscriber;
    std::uint64_t number = 0;
    std::uint64_t received = 0;
};

TEST(Lending, a_loan_is_written_once_and_read_where_it_lies) {
    Ends ends{"once"};
    ASSERT_TRUE(ends.pass_one_lent());
    std::byte* const written = ends.publish();
    const auto sample = ends.receive();
    ASSERT_TRUE(is_shared(*sample));
    EXPECT_NE(sample->data(), written) << "another map";
    EXPECT_EQ(sample.header().payload_size, large);
    EXPECT_EQ(sample.header().flags, flag_unchecked) << "the reader sees a message as any other";
    written[1000] = std::byte{'!'};
    EXPECT_EQ(sample->span()[1000], std::byte{'!'});
}

TEST(Lending, loans_up_to_copied_loan_bytes_max_and_values_that_are_no_loans_carry_their_bytes) {
    Ends ends{"small"};
    ASSERT_TRUE(ends.pass_one_lent());
    for (int i = 0; i < 5; ++i) {
        ends.publish(limits::copied_loan_bytes_max);
        EXPECT_FALSE(is_shared(*ends.receive()));
    }
    EXPECT_TRUE(ends.pass_one_lent(limits::copied_loan_bytes_max + 1));
    std::vector<std::byte> memory(large);
    fill(memory, ++ends.number);
    ends.publisher->publish(Bytes::copy_of(memory)).value();
    EXPECT_FALSE(is_shared(*ends.receive()));
}

TEST(Lending, all_is_accounted_for_as_ever) {
    Ends ends{"ledger"};
    constexpr int messages = 50;
    for (int i = 0; i < messages; ++i) {
        ends.publish();
        (void)ends.receive();
    }
    EXPECT_TRUE(ends.publisher->drain(patience).ok());
    const Counters counters = ends.publisher->counters();
    EXPECT_EQ(counters.sent, static_cast<std::uint64_t>(messages));
    EXPECT_EQ(counters.delivered, counters.sent);
    EXPECT_EQ(counters.bytes, messages * large);
    EXPECT_TRUE(counters.is_balanced());
}

TEST(Lending, memory_comes_back_when_the_last_sample_is_gone) {
    Ends ends{"back"};
    auto held = ends.pass_one_lent(10 * MiB);
    ASSERT_TRUE(held);
    std::vector<std::byte*> places;
    std::size_t lent = 0;
    for (int i = 0; i < 200; ++i) {
        std::byte* const memory = ends.publish(10 * MiB);
        if (std::find(places.begin(), places.end(), memory) == places.end())
            places.push_back(memory);
        lent += is_shared(*ends.receive());
    }
    EXPECT_LE(places.size(), 4u) << "200 loans of 10 MiB took as many chunks";
    EXPECT_GE(lent, 190u);
    EXPECT_TRUE(is_filled((*held)->span(), held->header().sequence)) << "held all the while";
}

TEST(Lending, the_reader_lets_go_of_what_the_pool_gives_back) {
    Ends ends{"turnover"};
    std::size_t lent = 0, all = 0;
    for (std::size_t size = 33 * MiB; size <= 64 * MiB; size += MiB) {
        all += size;
        for (bool is_lent = false; !is_lent;) {
            auto loan = ends.publisher->loan(size).value();
            loan.span()[0] = static_cast<std::byte>(++ends.number);
            ends.publisher->publish(std::move(loan)).value();
            const auto sample = ends.subscriber->receive_for(patience).value();
            ASSERT_EQ(sample.header().sequence, ends.number);
            ASSERT_EQ(sample->span()[0], static_cast<std::byte>(ends.number));
            is_lent = is_shared(*sample);
        }
        ++lent;
    }
    EXPECT_EQ(lent, 32u);
    ASSERT_GT(all, limits::loan_bytes_max + 256 * MiB) << "nothing had to be given back";
    EXPECT_LE(shared_bytes(), 2 * limits::loan_bytes_max) << "both ends are in this process";
}

TEST(Lending, a_sample_stays_when_its_subscriber_its_publisher_and_their_nodes_are_gone) {
    std::optional<Sample<Bytes>> held;
    std::optional<Sample<Bytes>> of_a_leaver;
    {
        Ends ends{"stays"};
        of_a_leaver = ends.pass_one_lent();
        ASSERT_TRUE(of_a_leaver);
        ends.subscriber.reset();
        ends.subscriber = ends.away.subscriber<Bytes>(url("stays")).value();
        while (ends.publisher->subscribers() != 1 || ends.subscriber->publishers() != 1)
            (void)ends.publisher->wait_for(1, 1ms);
        ends.received = ends.number;
        held = ends.pass_one_lent();
        ASSERT_TRUE(held);
        for (int i = 0; i < 20; ++i) {
            ends.publish();
            (void)ends.receive();
        }
        EXPECT_TRUE(is_filled((*of_a_leaver)->span(), of_a_leaver->header().sequence));
    }
    EXPECT_TRUE(is_filled((*held)->span(), held->header().sequence));
    EXPECT_TRUE(is_filled((*of_a_leaver)->span(), of_a_leaver->header().sequence));
}

TEST(Lending, a_reader_through_tcp_gets_the_same) {
    Node home{quiet("home")}, away{quiet("away")};
    auto publisher = home.publisher<Bytes>({url("both"), "tcp://127.0.0.1:0"}).value();
    auto lent = away.subscriber<Bytes>(url("both")).value();
    auto copied = away.subscriber<Bytes>(publisher.port().urls()[1]).value();
    publisher.wait_for(2, patience).value();
    bool is_lent = false;
    for (std::uint64_t number = 1; number <= 1000 && !is_lent; ++number) {
        auto loan = publisher.loan(large).value();
        fill(loan.span(), number);
        publisher.publish(std::move(loan)).value();
        const auto one = lent.receive_for(patience).value();
        const auto other = copied.receive_for(patience).value();
        ASSERT_TRUE(is_filled(one->span(), number));
        ASSERT_TRUE(is_filled(other->span(), number));
        EXPECT_FALSE(is_shared(*other));
        is_lent = is_shared(*one);
    }
    EXPECT_TRUE(is_lent);
}

TEST(Lending, over_a_stream_that_passes_no_descriptors_loans_carry_their_bytes) {
    NodeOptions plain = quiet("plain");
    plain.transports = {testing_fabric::unix_wrapped_in<testing_fabric::WrappedStream>()};
    Ends ends{"plain", {}, {}, plain};
    for (int i = 0; i < 20; ++i) {
        ends.publish();
        EXPECT_FALSE(is_shared(*ends.receive()));
    }
}

TEST(Lending, with_a_checksum_loans_carry_their_bytes) {
    Node home{quiet("home")}, away{quiet("away")};
    auto publisher = home.publisher<Bytes>(url("checked") + "?checksum=on").value();
    auto subscriber = away.subscriber<Bytes>(url("checked")).value();
    publisher.wait_for(1, patience).value();
    for (std::uint64_t number = 1; number <= 5; ++number) {
        auto loan = publisher.loan(large).value();
        fill(loan.span(), number);
        publisher.publish(std::move(loan)).value();
        const auto sample = subscriber.receive_for(patience).value();
        EXPECT_FALSE(is_shared(*sample));
        EXPECT_NE(sample.header().checksum, 0u);
        EXPECT_TRUE(is_filled(sample->span(), number));
    }
}

TEST(Lending, a_reader_that_takes_nothing_gets_all_of_it_later_and_in_order) {
    constexpr int messages = 600;
    Ends ends{"later", {.queue_messages_max = 2 * messages, .queue_bytes_max = 200 * MiB}};
    ASSERT_TRUE(ends.pass_one_lent(70 * KiB));
    // More than its socket takes; some small ones and some that are too many to lend among them.
    for (int i = 0; i < messages; ++i) ends.publish(i % 3 == 0 ? 100 : 70 * KiB);
    std::size_t lent = 0;
    std::vector<Sample<Bytes>> held;
    for (int i = 0; i < messages; ++i) {
        held.push_back(ends.receive());
        EXPECT_EQ(held.back().missed().count(), 0u);
        lent += is_shared(*held.back());
    }
    EXPECT_GT(lent, 50u);
    for (const auto& sample : held)
        ASSERT_TRUE(is_filled(sample->span(), sample.header().sequence));
    held.clear();
    EXPECT_TRUE(ends.publisher->drain(patience).ok());
    EXPECT_TRUE(ends.publisher->counters().is_balanced());
    EXPECT_TRUE(ends.pass_one_lent()) << "the way is open again";
}

TEST(Lending, what_is_dropped_for_a_slow_reader_gives_its_memory_back) {
    for (const SlowReader policy : {SlowReader::drop_oldest, SlowReader::latest}) {
        Ends ends{"slow" + std::string{name_of(policy)},
                  {.slow = policy, .queue_messages_max = 1000, .queue_bytes_max = 20 * MiB}};
        ASSERT_TRUE(ends.pass_one_lent());
        for (int i = 0; i < 2000; ++i) ends.publish();  // 2 GiB, of 1 that a port may lend
        std::uint64_t missed = 0, got = 0;
        const std::uint64_t before = ends.received;
        while (ends.received < ends.number) {
            missed += ends.receive().missed().count();
            ++got;
        }
        EXPECT_GT(missed, 0u);
        EXPECT_EQ(got + missed, ends.number - before);
        EXPECT_TRUE(ends.publisher->drain(patience).ok());
        EXPECT_TRUE(ends.publisher->counters().is_balanced());
        EXPECT_TRUE(ends.pass_one_lent());
    }
}

TEST(Lending, when_the_port_has_lent_all_that_it_may_loans_are_the_processs_own) {
    Ends ends{"all"};
    ASSERT_TRUE(ends.pass_one_lent(60 * MiB));
    std::vector<Loan<Bytes>> loans;
    for (std::size_t bytes = 0; bytes < limits::loan_bytes_max + 200 * MiB; bytes += 60 * MiB) {
        auto loan = ends.publisher->loan(60 * MiB);
        ASSERT_TRUE(loan.ok()) << loan.error().to_string();
        loans.push_back(*std::move(loan));
    }
    fill(loans.back().span(), ++ends.number);
    ends.publisher->publish(std::move(loans.back())).value();
    EXPECT_FALSE(is_shared(*ends.receive()));
}

}  // namespace
}  // namespace mycelium
