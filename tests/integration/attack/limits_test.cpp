// Limits: each bound of limits.h is reached by a test: here, or where the table says.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "attacked.h"

namespace mycelium::attack {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Every constant of limits.h, and the file whose tests reach it.
const std::map<std::string, std::string> reached_by{
    {"message_bytes_ceiling", "src/core/wire/frame_test.cpp"},
    {"message_bytes_max", "tests/integration/attack/limits_test.cpp"},
    {"control_bytes_max", "tests/integration/attack/malformed_test.cpp"},
    {"extension_bytes_max", "tests/integration/attack/malformed_test.cpp"},
    {"url_bytes_max", "tests/integration/attack/limits_test.cpp"},
    {"node_name_bytes_max", "tests/integration/attack/malformed_test.cpp"},
    {"method_bytes_max", "tests/conformance/calls_test.cpp"},
    {"description_bytes_max", "tests/integration/attack/malformed_test.cpp"},
    {"error_text_bytes_max", "tests/integration/attack/limits_test.cpp"},
    {"codec_depth_max", "tests/integration/attack/limits_test.cpp"},
    {"json_bytes_max", "src/core/codec"},
    {"tlv_count_max", "src/core/codec"},
    {"queue_messages_max", "tests/conformance/slow_reader_test.cpp"},
    {"queue_bytes_max", "tests/conformance/slow_reader_test.cpp"},
    {"history_messages_max", "tests/integration/attack/limits_test.cpp"},
    {"block_max", "tests/conformance/slow_reader_test.cpp"},
    {"linger", "tests/conformance/leaving_test.cpp"},
    {"calls_in_flight_max", "tests/conformance/calls_test.cpp"},
    {"requests_held_max", "tests/conformance/calls_test.cpp"},
    {"links_per_port_max", "tests/integration/attack/limits_test.cpp"},
    {"ports_per_url_max", "tests/integration/attack/limits_test.cpp"},
    {"handshakes_pending_max", "tests/integration/attack/stalling_test.cpp"},
    {"handshake_timeout", "tests/integration/attack/stalling_test.cpp"},
    {"redial_first", "src/base"},
    {"redial_last", "src/base"},
    {"events_queued_max", "tests/integration/attack/limits_test.cpp"},
    {"log_bytes", "src/fabric/shared_memory_test.cpp"},
    {"call_log_bytes", "src/fabric/shared_memory_test.cpp"},
    {"inline_bytes_max", "src/fabric/shared_memory_test.cpp"},
    {"copied_loan_bytes_max", "src/fabric/lending_test.cpp"},
    {"loan_bytes_max", "src/fabric/shared_memory_test.cpp"},
    {"loans_held_max", "src/fabric/shared_memory_test.cpp"},
    {"gather_bytes", "tests/integration/attack/limits_test.cpp"},
    {"receive_bytes", "tests/integration/attack/limits_test.cpp"},
    {"ack_interval", "tests/conformance/counters_test.cpp"},
};

/// The text of a file, or of every test in a folder.
std::string tests_in(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path)) return text_of(path);
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator{path})
        if (entry.path().string().find("_test.cpp") != std::string::npos)
            all += text_of(entry.path());
    return all;
}

TEST(Limits, every_one_of_them_stands_in_the_table_and_in_the_tests_it_names) {
    const std::filesystem::path source{MYCELIUM_SOURCE_DIR};
    const std::string header = text_of(source / "include/mycelium/limits.h");
    const std::regex constant{R"(inline constexpr [\w:]+ (\w+) =)"};
    std::size_t found = 0;
    for (auto it = std::sregex_iterator{header.begin(), header.end(), constant};
         it != std::sregex_iterator{}; ++it) {
        ++found;
        const std::string name = (*it)[1];
        const auto row = reached_by.find(name);
        if (row == reached_by.end()) {
            ADD_FAILURE() << name << " is reached by no test";
            continue;
        }
        EXPECT_NE(tests_in(source / row->second).find(name), std::string::npos)
            << row->second << " does not speak of " << name;
    }
    EXPECT_EQ(found, reached_by.size());
}

MYCELIUM_ATTACK_SUITE(LimitsReached);

TEST_P(LimitsReached, what_was_handed_out_is_acknowledged_unasked_after_ack_interval) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto publisher = home.publisher<Bytes>(url).value();
    auto subscriber = away.subscriber<Bytes>(url).value();
    publisher.wait_for(1, patience).value();
    publisher.publish(pattern_of(10)).value();
    EXPECT_TRUE(subscriber.receive_for(patience).ok());
    // Neither end does anything more: the subscriber's driver says so once limits::ack_interval has
    // passed.
    EXPECT_TRUE(eventually([&] { return publisher.counters().delivered == 1; }));
}

TEST_P(LimitsReached, message_bytes_max_is_the_last_size_that_passes) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto publisher = home.publisher<Bytes>(url).value();
    auto subscriber = away.subscriber<Bytes>(url).value();
    publisher.wait_for(1, patience).value();
    EXPECT_FALSE(publisher.loan(limits::message_bytes_max + 1).ok());
    auto loan = publisher.loan(limits::message_bytes_max).value();
    loan.span().front() = std::byte{1};
    loan.span().back() = std::byte{2};
    std::thread sender{[&] { publisher.publish(std::move(loan)).value(); }};
    auto sample = subscriber.receive_for(patience);
    sender.join();
    ASSERT_TRUE(sample.ok()) << sample.error().to_string();
    EXPECT_EQ((*sample)->size(), limits::message_bytes_max);
    EXPECT_EQ((*sample)->span().back(), std::byte{2});
}

TEST_P(LimitsReached, messages_around_gather_bytes_and_receive_bytes_pass_whole) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto publisher = home.publisher<Bytes>(url).value();
    auto subscriber = away.subscriber<Bytes>(url).value();
    publisher.wait_for(1, patience).value();
    for (const std::size_t edge : {limits::gather_bytes, limits::receive_bytes})
        for (std::size_t size = edge - 40; size < edge + 4; ++size) {
            publisher.publish(pattern_of(3)).value();
            publisher.publish(pattern_of(size)).value();
            EXPECT_EQ(*subscriber.receive_for(patience).value(), pattern_of(3));
            ASSERT_TRUE(*subscriber.receive_for(patience).value() == pattern_of(size)) << size;
        }
}

TEST_P(LimitsReached, url_bytes_max_bounds_a_url) {
    Node home{quiet("home")};
    const std::string url =
        std::string{GetParam()} + "://" + std::string(limits::url_bytes_max, 'x');
    EXPECT_EQ(home.subscriber<Tick>(url).error(), Errc::invalid);
}

TEST_P(LimitsReached, error_text_bytes_max_cuts_an_error) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto replier = home.replier<Tick, Tick>(url).value();
    auto requester = away.requester<Tick, Tick>(url).value();
    auto pending = requester.begin_call(tick(1), patience).value();
    replier.receive_for(patience)
        .value()
        .fail(1, std::string(limits::error_text_bytes_max + 1000, 'e'))
        .value();
    const auto error = pending.wait().error();
    EXPECT_EQ(error, Errc::failed);
    EXPECT_GE(error.message().size(), limits::error_text_bytes_max / 2);
    EXPECT_LE(error.message().size(), limits::error_text_bytes_max + 200);
}

TEST_P(LimitsReached, events_queued_max_bounds_what_nobody_takes) {
    Healthy pair{GetParam()};
    std::vector<RawPeer> peers;
    while (peers.size() < limits::events_queued_max + 20) {
        peers.push_back(RawPeer::connect(pair.url()));
        EXPECT_EQ(peers.back().introduce(hello_of(Pattern::subscriber, schema_of<Tick>())), "");
    }
    EXPECT_TRUE(eventually([&] { return pair.publisher().subscribers() == peers.size() + 1; }));
    std::size_t events = 0;
    while (pair.publisher().try_event()) ++events;
    // The last one may be added while we take the first.
    EXPECT_GE(events, limits::events_queued_max);
    EXPECT_LE(events, limits::events_queued_max + 1);
}

TEST_P(LimitsReached, links_per_port_max_bounds_a_ports_peers) {
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    if (descriptors.rlim_cur < 2 * limits::links_per_port_max + 500)
        GTEST_SKIP() << "needs " << 2 * limits::links_per_port_max + 500
                     << " descriptors, ulimit -n says " << descriptors.rlim_cur;
    Healthy pair{GetParam()};
    const wire::Hello hello = hello_of(Pattern::subscriber, schema_of<Tick>());
    std::vector<RawPeer> peers;
    while (peers.size() + 1 < limits::links_per_port_max) {
        peers.push_back(RawPeer::connect(pair.url()));
        ASSERT_EQ(peers.back().introduce(hello), "") << "the " << peers.size() + 1 << "th link";
    }
    EXPECT_TRUE(
        eventually([&] { return pair.publisher().subscribers() == limits::links_per_port_max; }));
    RawPeer one_more = RawPeer::connect(pair.url());
    (void)one_more.introduce(hello);
    EXPECT_TRUE(one_more.is_closed());
    EXPECT_EQ(pair.publisher().subscribers(), limits::links_per_port_max);
    pair.expect_well();
    peers.clear();
    EXPECT_TRUE(eventually([&] { return pair.publisher().subscribers() == 1; }));
}

TEST_P(LimitsReached, ports_per_url_max_bounds_the_ports_that_share_a_url) {
    Node home{quiet("home")};
    const std::string url = new_url(GetParam());
    std::vector<Publisher<Tick>> publishers;
    for (std::size_t i = 0; i < limits::ports_per_url_max; ++i)
        publishers.push_back(home.publisher<Tick>(url).value());
    EXPECT_EQ(home.publisher<Tick>(url).error(), Errc::overloaded);
    publishers.pop_back();
    EXPECT_TRUE(home.publisher<Tick>(url).ok());
}

TEST(LimitsReached_, history_messages_max_bounds_what_is_kept) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url("inproc");
    auto publisher = home.publisher<Tick>(url, {.history = SIZE_MAX}).value();
    std::vector<Tick> ticks(limits::history_messages_max / 64);
    for (int i = 0; i < 64; ++i) publisher.publish(std::span<const Tick>{ticks}).value();
    publisher.publish(std::span<const Tick>{ticks}.first(10)).value();
    auto late =
        away.subscriber<Tick>(url, {.queue_messages_max = SIZE_MAX, .queue_bytes_max = SIZE_MAX})
            .value();
    EXPECT_EQ(late.receive_for(patience).value().header().sequence, 11u);
}

struct Onion {
    std::vector<Onion> inside;
};
MYCELIUM_FIELDS(Onion, (1, inside));

TEST_P(LimitsReached, codec_depth_max_bounds_a_value_when_it_is_published) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto publisher = home.publisher<Onion>(url).value();
    auto subscriber = away.subscriber<Onion>(url).value();
    publisher.wait_for(1, patience).value();
    Onion onion;
    for (std::size_t i = 0; i < limits::codec_depth_max + 1; ++i) {
        Onion outer;
        outer.inside.push_back(std::move(onion));
        onion = std::move(outer);
    }
    EXPECT_FALSE(publisher.publish(onion).ok());
    EXPECT_TRUE(publisher.publish(Onion{}).ok());
    EXPECT_TRUE(subscriber.receive_for(patience).value()->inside.empty());
}

}  // namespace
}  // namespace mycelium::attack
