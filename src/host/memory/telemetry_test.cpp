#include "host/memory/telemetry.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace mycelium::memory {
namespace {

using telemetry::Segment;
using telemetry::State;

NodeFacts facts_of(std::string name = "greenhouse") {
    NodeFacts facts;
    facts.name = std::move(name);
    facts.id[0] = 7;
    facts.pid = 4711;
    return facts;
}

/// As another process sees it: a map of its own, read-only.
struct Seen {
    explicit Seen(const Telemetry& telemetry)
        : memory(os::SharedMemory::open(os::Fd::adopt(::dup(telemetry.fd())),
                                        os::SharedMemory::Kind::log, sizeof(Segment),
                                        sizeof(Segment))
                     .value()) {}
    const Segment& segment() const { return *reinterpret_cast<const Segment*>(memory.data()); }
    os::SharedMemory memory;
};

LinkFacts link_to(std::string_view peer) {
    LinkFacts facts;
    facts.port = 3;
    facts.url = "unix:///tmp/a";
    facts.peer = peer;
    return facts;
}

TEST(Telemetry, what_a_cell_counts_is_seen_from_outside) {
    const auto telemetry = Telemetry::create(facts_of());
    ASSERT_TRUE(telemetry->is_shared()) << telemetry->why_not_shared();
    const auto port = telemetry->open_port({.number = 3, .type = "Reading"});
    const auto link = telemetry->open_link(link_to("thermometer"));
    ++port->numbers.published;
    link->writing.sent += 5;
    const Seen seen{*telemetry};
    EXPECT_EQ(seen.segment().head.magic, telemetry::magic);
    EXPECT_STREQ(seen.segment().head.node.data(), "greenhouse");
    EXPECT_EQ(seen.segment().head.ports_used, 1u);
    EXPECT_STREQ(seen.segment().ports[0].type.data(), "Reading");
    EXPECT_EQ(seen.segment().ports[0].numbers.published, 1u);
    EXPECT_STREQ(seen.segment().links[0].facts.peer.data(), "thermometer");
    EXPECT_EQ(seen.segment().links[0].writing.sent, 5u);
}

TEST(Telemetry, a_slot_is_used_again_with_another_generation_and_from_zero) {
    const auto telemetry = Telemetry::create(facts_of());
    const Seen seen{*telemetry};
    auto link = telemetry->open_link(link_to("first"));
    link->reading.received += 9;
    const std::uint64_t generation = link->facts.generation;
    link.reset();
    EXPECT_EQ(seen.segment().links[0].facts.state, static_cast<std::uint64_t>(State::free));
    link = telemetry->open_link(link_to("second"));
    EXPECT_GT(link->facts.generation, generation);
    EXPECT_EQ(seen.segment().head.links_used, 1u);
    EXPECT_EQ(seen.segment().links[0].reading.received, 0u);
    EXPECT_STREQ(seen.segment().links[0].facts.peer.data(), "second");
}

TEST(Telemetry, beyond_its_slots_it_counts_in_private_and_says_how_many) {
    const auto telemetry = Telemetry::create(facts_of());
    const Seen seen{*telemetry};
    std::vector<std::shared_ptr<PortCell>> ports;
    for (std::size_t i = 0; i < telemetry::ports_max + 2; ++i)
        ports.push_back(telemetry->open_port({.number = static_cast<std::uint32_t>(i)}));
    EXPECT_EQ(seen.segment().head.ports_not_shown, 2u);
    ++ports.back()->numbers.published;
    EXPECT_EQ(ports.back()->numbers.published, 1u);
    ports.resize(telemetry::ports_max);
    EXPECT_EQ(seen.segment().head.ports_not_shown, 0u);
    std::vector<std::shared_ptr<LinkCell>> links;
    for (std::size_t i = 0; i < telemetry::links_max + 1; ++i)
        links.push_back(telemetry->open_link({}));
    EXPECT_EQ(seen.segment().head.links_not_shown, 1u);
}

TEST(Telemetry, a_long_text_is_cut_at_a_whole_character_and_visibly) {
    const auto telemetry = Telemetry::create(facts_of());
    std::string name(250, 'a');
    for (int i = 0; i < 10; ++i) name += "é";
    const auto link = telemetry->open_link(link_to(name));
    const std::string_view cut{link->facts.peer.data(), link->facts.peer.size()};
    EXPECT_EQ(cut, std::string(125, 'a') + "…");
    const auto other = telemetry->open_link(link_to(std::string(124, 'a') + "ééé"));
    EXPECT_EQ(std::string{other->facts.peer.data()}, std::string(124, 'a') + "…");
}

TEST(Telemetry, keeps_the_last_events) {
    const auto telemetry = Telemetry::create(facts_of());
    for (int i = 1; i <= 40; ++i) telemetry->note(1000, "event " + std::to_string(i));
    const Seen seen{*telemetry};
    EXPECT_EQ(seen.segment().head.events_written, 40u);
    EXPECT_STREQ(seen.segment().events[7].text.data(), "event 40");
    EXPECT_STREQ(seen.segment().events[8].text.data(), "event 9");
}

TEST(Telemetry, without_shared_memory_it_counts_in_private) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit tiny = before;
    tiny.rlim_cur = 4096;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tiny), 0);
    const auto telemetry = Telemetry::create(facts_of());
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_FALSE(telemetry->is_shared());
    EXPECT_NE(telemetry->why_not_shared(), "");
    const auto port = telemetry->open_port({});
    const auto link = telemetry->open_link({});
    ++port->numbers.calls;
    ++link->writing.sent;
    telemetry->note(1, "nobody sees it");
    EXPECT_EQ(port->numbers.calls, 1u);
}

TEST(Telemetry, a_forked_child_lets_go_of_its_cells_without_touching_them) {
    auto telemetry = Telemetry::create(facts_of());
    auto link = telemetry->open_link({});
    const pid_t child = ::fork();
    if (child == 0) {
        link.reset();
        telemetry.reset();
        ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(link->facts.state, static_cast<std::uint64_t>(State::live));
}

TEST(Telemetry, a_latency_falls_into_the_bucket_of_its_magnitude) {
    const auto cell = private_link_cell();
    sample_latency(cell->reading, 1000, 1000);
    sample_latency(cell->reading, 1000, 999);
    sample_latency(cell->reading, 1000, 1001);
    sample_latency(cell->reading, 1000, 1000 + 1024);
    sample_latency(cell->reading, 0, 5000);
    sample_latency(cell->reading, 1, UINT64_MAX);
    EXPECT_EQ(cell->reading.latency[0], 2u);
    EXPECT_EQ(cell->reading.latency[1], 1u);
    EXPECT_EQ(cell->reading.latency[11], 1u);
    EXPECT_EQ(cell->reading.latency.back(), 1u);
    EXPECT_EQ(cell->reading.latency_max_ns, UINT64_MAX - 1);
}

}  // namespace
}  // namespace mycelium::memory
