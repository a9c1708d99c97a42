#include <gtest/gtest.h>
#include <sys/resource.h>

#include <set>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

TEST(StandardTransports, none_that_a_node_ships_with_is_left_out) {
    std::set<std::string> tested;
    for (const auto& transport : transports_under_test()) tested.insert(transport.name);
    const auto shipped = standard_schemes();
    EXPECT_FALSE(shipped.empty());
    for (const auto& scheme : shipped)
        EXPECT_TRUE(tested.count(scheme)) << scheme << ":// is not under test";
    EXPECT_EQ(shipped.size(), standard_transports().size());
    EXPECT_EQ(shipped.size(), tested.size());
}

/// Processor time that the calling thread has used.
Duration thread_time() {
    rusage used{};
    ::getrusage(RUSAGE_THREAD, &used);
    return std::chrono::seconds{used.ru_utime.tv_sec + used.ru_stime.tv_sec} +
           std::chrono::microseconds{used.ru_utime.tv_usec + used.ru_stime.tv_usec};
}

TEST(StandardTransports, a_port_on_several_of_them_sleeps_while_nothing_comes) {
    Node node_a{"a"}, node_b{"b"};
    const Urls urls{"inproc://mixed-" + unique_name(), "unix://@mixed-" + unique_name()};
    auto publisher = node_a.publisher<Tick>(urls).value();
    auto subscriber = node_b.subscriber<Tick>(urls).value();
    publisher.wait_for(2, patience).value();
    (void)subscriber.receive_for(10ms);
    const Duration before = thread_time();
    EXPECT_EQ(subscriber.receive_for(400ms).error(), Errc::timeout);
    EXPECT_LT(thread_time() - before, 200ms) << "it was busy while it waited";
    (void)subscriber.fd();
    const Duration again = thread_time();
    EXPECT_EQ(subscriber.receive_for(400ms).error(), Errc::timeout);
    EXPECT_LT(thread_time() - again, 200ms) << "it was busy while it waited, with a descriptor";
}

TEST(StandardTransports, who_waits_in_vain_is_told_why_nobody_was_reached) {
    Node node{"node"};
    auto subscriber = node.subscriber<Tick>("unix:///etc/passwd").value();
    EXPECT_TRUE(eventually([&] {
        const auto waited = subscriber.wait_for(1, 10ms);
        return waited.error().message().find("a regular file, not a socket") != std::string::npos;
    }));
}

TEST(StandardTransports, an_option_that_nobody_reads_is_refused) {
    Node node{"node"};
    for (const char* url :
         {"inproc://a?allow=uid:1", "unix://@option?alow=uid:1", "tcp://h:1?x=y"}) {
        EXPECT_EQ(node.subscriber<Tick>(url).error(), Errc::invalid) << url;
        EXPECT_EQ(node.publisher<Tick>(url).error(), Errc::invalid) << url;
    }
}

TEST(StandardTransports, every_url_is_new_and_of_its_scheme) {
    for (const auto& transport : transports_under_test()) {
        const std::string first = transport.make_url("a-1"), second = transport.make_url("a-2");
        EXPECT_NE(first, second);
        EXPECT_EQ(Url::parse(first).value().scheme, transport.name);
    }
}

}  // namespace
}  // namespace mycelium::conformance
