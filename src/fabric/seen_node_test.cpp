#include "fabric/seen_node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "host/memory/telemetry.h"

namespace mycelium::fabric {
namespace {

using memory::Telemetry;
using memory::telemetry::Segment;
using State = memory::telemetry::State;

/// A node with two ports, a link each, and some events.
struct Owner {
    Owner() {
        telemetry = Telemetry::create({.name = "greenhouse", .pid = 7, .start_ticks = 99});
        publisher = telemetry->open_port({.number = 1, .type = "Reading"});
        memory::set_urls(*publisher, {"unix:///tmp/a", "tcp://127.0.0.1:1"});
        subscriber = telemetry->open_port({.number = 2, .pattern = 1, .policy = 2});
        out = telemetry->open_link({.port = 1,
                                    .peer_pid = 8,
                                    .policy = 1,
                                    .transport = "unix",
                                    .url = "unix:///tmp/a",
                                    .peer = "kitchen"});
        in = telemetry->open_link({.port = 2, .transport = "tcp", .url = "tcp://b:1"});
        for (int i = 0; i < 5; ++i) telemetry->note(1, "event " + std::to_string(i));
    }
    std::span<const std::byte> bytes() const {
        return {reinterpret_cast<const std::byte*>(segment()), sizeof(Segment)};
    }
    Segment* segment() const {
        // The first port's slot is where the table begins.
        return reinterpret_cast<Segment*>(reinterpret_cast<std::byte*>(publisher.get()) -
                                          offsetof(Segment, ports));
    }
    SeenNode read() const { return read_node(bytes()).value(); }

    std::shared_ptr<Telemetry> telemetry;
    std::shared_ptr<memory::PortCell> publisher, subscriber;
    std::shared_ptr<memory::LinkCell> out, in;
};

void send(memory::LinkCell& link, std::uint64_t count) {
    const base::Change change{link.writing.version};
    link.writing.sent += count;
    link.writing.queued_messages += count;
}

TEST(SeenNode, tells_what_its_owner_counted) {
    Owner owner;
    ++owner.publisher->numbers.published;
    owner.publisher->numbers.sent = 10;
    owner.publisher->numbers.delivered = 10;
    send(*owner.out, 3);
    owner.in->reading.received = 5;
    owner.in->reading.missed[0] = 2;
    const SeenNode node = owner.read();
    EXPECT_EQ(node.name, "greenhouse");
    EXPECT_EQ(node.pid, 7u);
    ASSERT_EQ(node.ports.size(), 2u);
    EXPECT_EQ(node.ports[0].urls, "unix:///tmp/a tcp://127.0.0.1:1");
    EXPECT_EQ(node.ports[0].type, "Reading");
    EXPECT_EQ(node.ports[1].policy, SlowReader::latest);
    ASSERT_EQ(node.ports[0].links.size(), 1u);
    EXPECT_EQ(node.ports[0].links[0].peer, "kitchen");
    EXPECT_EQ(node.ports[0].links[0].policy, SlowReader::drop_oldest);
    EXPECT_EQ(node.ports[0].links[0].imbalance(), 0);
    EXPECT_EQ(node.ports[0].counters().sent, 13u);
    EXPECT_EQ(node.ports[0].counters().in_flight(), 3u);
    EXPECT_TRUE(node.ports[0].counters().is_balanced());
    EXPECT_EQ(node.ports[1].counters().sent, 7u);
    ASSERT_EQ(node.events.size(), 5u);
    EXPECT_EQ(node.events.back().text, "event 4");
}

TEST(SeenNode, a_message_lost_uncounted_shows_as_an_imbalance) {
    Owner owner;
    send(*owner.out, 3);
    owner.out->writing.queued_messages -= 1;
    EXPECT_EQ(owner.read().ports[0].links[0].imbalance(), 1);
    owner.out->settled.delivered += 3;
    EXPECT_EQ(owner.read().ports[0].links[0].imbalance(), -2);
}

TEST(SeenNode, an_owner_stopped_while_it_counts_is_read_and_marked) {
    Owner owner;
    send(*owner.out, 3);
    owner.out->writing.version += 1;  // and then it was stopped
    const SeenNode node = owner.read();
    ASSERT_EQ(node.ports[0].links.size(), 1u);
    EXPECT_FALSE(node.ports[0].links[0].is_steady);
    EXPECT_EQ(node.ports[0].links[0].sent, 3u);
}

TEST(SeenNode, a_slot_that_stays_unfinished_is_left_out_and_counted) {
    Owner owner;
    owner.out->facts.generation += 1;
    owner.subscriber->generation += 1;
    const SeenNode node = owner.read();
    ASSERT_EQ(node.ports.size(), 1u);
    EXPECT_TRUE(node.ports[0].links.empty());
    EXPECT_EQ(node.slots_unreadable, 2u);
}

TEST(SeenNode, a_port_stopped_while_it_takes_over_a_links_numbers_is_marked) {
    Owner owner;
    owner.publisher->version += 1;
    EXPECT_FALSE(owner.read().ports[0].is_steady);
    EXPECT_TRUE(owner.read().ports[1].is_steady);
}

TEST(SeenNode, what_has_ended_is_not_shown) {
    Owner owner;
    memory::end(*owner.out);
    owner.in.reset();
    memory::end(*owner.subscriber);
    const SeenNode node = owner.read();
    ASSERT_EQ(node.ports.size(), 1u);
    EXPECT_TRUE(node.ports[0].links.empty());
    EXPECT_EQ(node.slots_unreadable, 0u);
}

TEST(SeenNode, its_numbers_fit_each_other_while_the_owner_counts) {
    Owner owner;
    std::atomic<bool> stops{false};
    std::thread counting{[&] {
        while (!stops) {
            send(*owner.out, 1);
            const base::Change writing{owner.out->writing.version};
            owner.out->writing.queued_messages -= 1;
            owner.out->writing.left += 1;
            const base::Change settled{owner.out->settled.version};
            owner.out->settled.delivered += 1;
            owner.out->settled.finished += 1;
        }
    }};
    int steady = 0;
    for (int i = 0; i < 5'000; ++i) {
        const SeenNode node = owner.read();
        const SeenLink& link = node.ports[0].links.at(0);
        if (!link.is_steady) continue;
        ++steady;
        ASSERT_EQ(link.imbalance(), 0);
    }
    stops = true;
    counting.join();
    EXPECT_GT(steady, 0);
}

TEST(SeenNode, what_is_no_segment_is_refused_by_name) {
    Owner owner;
    EXPECT_EQ(read_node(owner.bytes().first(100)).error(), Errc::malformed);
    owner.segment()->head.version = 9;
    const auto other = read_node(owner.bytes());
    EXPECT_EQ(other.error(), Errc::unsupported);
    EXPECT_NE(other.error().message().find("version 9"), std::string::npos);
    owner.segment()->head.magic = 1;
    EXPECT_EQ(read_node(owner.bytes()).error(), Errc::malformed);
}

/// All that anybody could do with what was read.
void expect_bounded(const SeenNode& node) {
    EXPECT_LE(node.ports.size(), memory::telemetry::ports_max);
    EXPECT_LE(node.events.size(), memory::telemetry::events_max);
    EXPECT_LE(node.name.size(), 256u);
    std::size_t links = 0;
    for (const SeenPort& port : node.ports) {
        EXPECT_LE(port.urls.size(), 384u);
        EXPECT_LE(static_cast<int>(port.pattern), 3);
        (void)port.counters();
        links += port.links.size();
        for (const SeenLink& link : port.links) {
            EXPECT_LE(link.url.size(), 192u);
            EXPECT_LE(static_cast<int>(link.policy), 3);
            (void)link.imbalance();
            (void)link.latency.quantile_ns(0.99);
            (void)link.latency.since({}).samples();
        }
    }
    EXPECT_LE(links, memory::telemetry::links_max);
}

TEST(SeenNode, garbage_is_read_without_harm) {
    Owner owner;
    send(*owner.out, 3);
    std::vector<std::uint64_t> words(sizeof(Segment) / 8);
    const std::span<std::byte> bytes{reinterpret_cast<std::byte*>(words.data()), sizeof(Segment)};
    std::mt19937_64 random{20'261'122};
    std::copy(owner.bytes().begin(), owner.bytes().end(), bytes.begin());
    const std::vector<std::uint64_t> good = words;
    const std::size_t head = offsetof(Segment, ports) / 8;
    const std::size_t ports = head + 2 * sizeof(memory::PortCell) / 8;
    const std::size_t links = offsetof(Segment, links) / 8;
    std::size_t refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::size_t> changed;
        for (std::uint64_t i = 0, count = 1 + random() % 40; i < count; ++i) {
            const std::uint64_t kind = random() % 8;
            const std::size_t at = kind == 0   ? 3 + random() % (head - 3)
                                   : kind == 1 ? random() % 3
                                   : kind < 4  ? head + random() % (ports - head)
                                               : links + random() % 288;
            changed.push_back(at);
            const std::uint64_t values[] = {random(), random() % 4, UINT64_MAX, 0};
            words[at] = values[random() % 4];
        }
        const auto node = read_node(bytes);
        if (node)
            expect_bounded(*node);
        else
            ++refused;
        for (const std::size_t at : changed) words[at] = good[at];
    }
    EXPECT_GT(refused, 0u);
    EXPECT_LT(refused, 2000u);
    for (int round = 0; round < 10; ++round) {
        for (std::uint64_t& word : words) word = random() % 3 == 0 ? random() : random() % 4;
        std::copy_n(good.begin(), 3, words.begin());
        expect_bounded(read_node(bytes).value());
    }
}

TEST(SeenLatency, a_quantile_is_an_upper_bound_within_a_factor_of_two) {
    SeenLatency latency;
    EXPECT_EQ(latency.quantile_ns(0.5), 0u);
    latency.buckets[10] = 98;  // 512 to 1023 ns
    latency.buckets[20] = 2;
    latency.max_ns = 700'000;
    EXPECT_EQ(latency.quantile_ns(0.5), 1024u);
    EXPECT_EQ(latency.quantile_ns(0.99), 700'000u);
}

}  // namespace
}  // namespace mycelium::fabric
