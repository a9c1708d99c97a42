#include "fabric/node_view.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include <mycelium/mycelium.h>

#include "host/memory/telemetry_layout.h"
#include "host/os/clock.h"

namespace mycelium::fabric {
namespace {

constexpr Duration patience = std::chrono::seconds{20};

std::optional<SeenNode> own_node_named(const std::string& name) {
    for (const NodeView& view : find_nodes(::getpid()).value().nodes)
        if (SeenNode node = view.read(); node.name == name) return node;
    return std::nullopt;
}

TEST(NodeView, shows_what_waits_within_the_process) {
    Node node_a{"lane a"}, node_b{"lane b"};
    auto publisher = node_a.publisher<Bytes>("inproc://view").value();
    auto subscriber = node_b.subscriber<Bytes>("inproc://view").value();
    publisher.wait_for(1, patience).value();
    const auto link = [] { return own_node_named("lane a").value().ports.at(0).links.at(0); };
    for (int i = 0; i < 3; ++i) publisher.publish(Bytes::copy_of("12345")).value();
    EXPECT_EQ(link().queued_messages, 3u);
    EXPECT_EQ(link().queued_bytes, 15u);
    EXPECT_EQ(link().away, 0u);
    EXPECT_TRUE(subscriber.receive_for(patience).ok());
    EXPECT_EQ(link().queued_messages, 0u) << "the port has taken out all that was there";
    EXPECT_EQ(link().queued_bytes, 0u);
    EXPECT_EQ(link().away, 2u);
    EXPECT_EQ(link().delivered, 1u);
    EXPECT_EQ(link().imbalance(), 0);
}

TEST(NodeView, shows_the_bytes_of_messages_alone_where_notices_lie_between_them) {
    Node node_a{"notices a"}, node_b{"notices b"};
    const std::string place = "unix://@mycelium-notices-" + std::to_string(::getpid());
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(1, patience).value();
    const Bytes ten = Bytes::copy_of("ten bytes!");
    publisher.publish(ten).value();
    EXPECT_TRUE(subscriber.receive_for(patience).ok());  // the introduction is over
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 5; ++i) publisher.publish(ten).value();
        (void)publisher.drain(std::chrono::milliseconds{1});  // asks for an acknowledgement
    }
    std::size_t received = 1;
    const Instant deadline = after(patience);
    while (received < 11 && subscriber.publishers() == 1)
        received += subscriber.poll_until(deadline, [](const Sample<Bytes>&) {}).value();
    EXPECT_TRUE(publisher.drain(patience).ok());
    EXPECT_EQ(own_node_named("notices b").value().ports.at(0).links.at(0).received_bytes, 110u);
}

TEST(NodeView, shows_a_nodes_ports_and_what_crossed_its_links) {
    Node node_a{"view a"}, node_b{"view b"};
    EXPECT_FALSE(own_node_named("view a")) << "a node without a port acquires nothing";
    const std::string place = "unix://@mycelium-view-" + std::to_string(::getpid());
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(1, patience).value();
    for (int i = 0; i < 3; ++i) {
        publisher.publish(Bytes::copy_of("12345")).value();
        EXPECT_TRUE(subscriber.receive_for(patience).ok());
    }
    EXPECT_TRUE(publisher.drain(patience).ok());
    const auto seen_a = own_node_named("view a"), seen_b = own_node_named("view b");
    ASSERT_TRUE(seen_a && seen_b);
    ASSERT_EQ(seen_a->ports.size(), 1u);
    ASSERT_EQ(seen_a->ports[0].links.size(), 1u);
    const SeenLink& out = seen_a->ports[0].links[0];
    EXPECT_EQ(out.peer, "view b");
    EXPECT_EQ(out.peer_pid, static_cast<std::uint64_t>(::getpid()));
    EXPECT_EQ(out.transport, "unix");
    EXPECT_EQ(out.sent, 3u);
    EXPECT_EQ(out.delivered, 3u);
    EXPECT_EQ(out.imbalance(), 0);
    EXPECT_EQ(out.last_sent, 3u);
    ASSERT_EQ(seen_b->ports[0].links.size(), 1u);
    const SeenLink& in = seen_b->ports[0].links[0];
    EXPECT_EQ(in.received, 3u);
    EXPECT_EQ(in.received_bytes, 15u);
    EXPECT_GT(in.latency.samples(), 0u);
    EXPECT_GT(in.latency.max_ns, 0u);
    EXPECT_EQ(seen_a->ports[0].urls, place);
    EXPECT_FALSE(seen_a->events.empty());
}

TEST(NodeView, what_a_link_counted_stays_with_its_port) {
    Node node_a{"view c"}, node_b{"view d"};
    const std::string place = "inproc://view-" + std::to_string(::getpid());
    auto publisher = node_a.publisher<Bytes>(place).value();
    {
        auto subscriber = node_b.subscriber<Bytes>(place).value();
        publisher.wait_for(1, patience).value();
        publisher.publish(Bytes::copy_of("1")).value();
        publisher.publish(Bytes::copy_of("2")).value();
        EXPECT_TRUE(subscriber.receive_for(patience).ok());
    }
    const Instant deadline = after(patience);
    auto node = own_node_named("view c");
    while (node && !node->ports.at(0).links.empty() && os::now() < deadline)
        node = own_node_named("view c");
    ASSERT_TRUE(node);
    ASSERT_EQ(node->ports.size(), 1u);
    EXPECT_TRUE(node->ports[0].links.empty());
    EXPECT_EQ(node->ports[0].links_ended, 1u);
    const Counters counters = node->ports[0].counters();
    EXPECT_EQ(counters.delivered, 1u);
    EXPECT_TRUE(counters.is_balanced());
    EXPECT_EQ(publisher.counters().delivered, 1u);
}

TEST(NodeView, somebody_elses_memory_of_that_name_is_reported_and_left_alone) {
    const int fd = ::memfd_create("mycelium.telemetry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::ftruncate(fd, sizeof(memory::telemetry::Segment)), 0);
    const Views views = find_nodes(::getpid()).value();
    EXPECT_EQ(views.unreadable.size(), 1u);
    ::close(fd);
}

TEST(NodeView, a_process_that_is_not_there_is_named) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto views = find_nodes(child);
    ASSERT_FALSE(views);
    EXPECT_EQ(views.error(), Errc::unavailable);
    EXPECT_NE(views.error().message().find(std::to_string(child)), std::string::npos);
}

TEST(NodeView, a_node_that_has_died_keeps_its_last_numbers) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        Node node{"view dying"};
        auto port = node.publisher<Bytes>("inproc://dying");
        if (port) port->publish(Bytes::copy_of("x")).value();
        (void)!::write(ready[1], "!", 1);
        ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const Views views = find_nodes(child).value();
    ASSERT_EQ(views.nodes.size(), 1u);
    EXPECT_TRUE(views.nodes[0].is_alive());
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(views.nodes[0].is_alive());
    const SeenNode node = views.nodes[0].read();
    EXPECT_EQ(node.name, "view dying");
    ASSERT_EQ(node.ports.size(), 1u);
    EXPECT_EQ(node.ports[0].ended.published, 1u);
    ::close(ready[0]);
    ::close(ready[1]);
}

}  // namespace
}  // namespace mycelium::fabric
