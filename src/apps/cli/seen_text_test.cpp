#include "apps/cli/seen_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "apps/cli/seen_json.h"
#include "apps/cli/text.h"
#include "apps/cli/top_table.h"

namespace mycelium::cli {
namespace {

fabric::SeenLink link_with(std::uint64_t sent, std::uint64_t delivered, std::uint64_t queued) {
    fabric::SeenLink link;
    link.sent = sent;
    link.delivered = delivered;
    link.queued_messages = queued;
    return link;
}

TEST(SeenText, numbers_have_three_digits) {
    EXPECT_EQ(short_number(0), "0");
    EXPECT_EQ(short_number(7), "7");
    EXPECT_EQ(short_number(7.25), "7.2");
    EXPECT_EQ(short_number(999), "999");
    EXPECT_EQ(short_number(1000), "1.00k");
    EXPECT_EQ(short_number(12'345), "12.3k");
    EXPECT_EQ(short_number(4'560'000), "4.56M");
    EXPECT_EQ(short_number(1e30), "1000000000000000000T");
    EXPECT_EQ(short_bytes(1500), "1.50 kB");
    EXPECT_EQ(short_time(850), "850 ns");
    EXPECT_EQ(short_time(65'536), "65.5 µs");
    EXPECT_EQ(short_time(1'200'000'000), "1.20 s");
}

TEST(SeenText, a_text_is_fitted_by_characters) {
    EXPECT_EQ(fit("abc", 5), "abc  ");
    EXPECT_EQ(fit_right("abc", 5), "  abc");
    EXPECT_EQ(fit("äöü", 3), "äöü");
    EXPECT_EQ(fit("äöüß", 3), "äö…");
    EXPECT_EQ(fit("a\x1b[2J", 10), "a\\x1b[2J  ");
}

TEST(SeenText, the_ledger_is_checked_and_says_what_does_not_fit) {
    EXPECT_EQ(ledger_line(link_with(10, 8, 2), true),
              "✓ 10 sent = 8 delivered + 0 dropped + 2 in flight");
    EXPECT_EQ(ledger_line(link_with(10, 7, 2), true),
              "✗ 10 sent = 7 delivered + 0 dropped + 2 in flight + 1 lost uncounted");
    EXPECT_EQ(ledger_line(link_with(10, 9, 2), true),
              "✗ 10 sent = 9 delivered + 0 dropped + 2 in flight − 1 counted twice");
    fabric::SeenLink moving = link_with(10, 7, 2);
    moving.is_steady = false;
    EXPECT_EQ(ledger_line(moving, true).find("✗"), std::string::npos);
}

TEST(SeenText, drops_are_told_by_reason) {
    std::array<std::uint64_t, drop_reason_count> dropped{};
    EXPECT_EQ(describe(dropped), "0");
    dropped[0] = 4;
    dropped[7] = 1;
    EXPECT_EQ(describe(dropped), "5 (4 queue_full, 1 too_large)");
}

/// Somebody else's, with whatever he likes in it.
NodeLook hostile_node(std::mt19937_64& random) {
    const auto text = [&random](std::size_t size) {
        std::string bytes(random() % (size + 1), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        return printable(bytes);  // valid, as the reader of a segment gives it
    };
    const auto number = [&random] { return random() >> (random() % 64); };
    NodeLook look;
    look.pid = static_cast<std::int64_t>(random());
    look.node.name = text(256);
    for (std::uint64_t ports = random() % 4; ports > 0; --ports) {
        fabric::SeenPort& port = look.node.ports.emplace_back();
        port.pattern = static_cast<wire::Pattern>(random() % 4);
        port.type = text(128);
        port.urls = text(384);
        for (std::uint64_t links = random() % 4; links > 0; --links) {
            fabric::SeenLink& link =
                port.links.emplace_back(link_with(number(), number(), number()));
            link.peer = text(128);
            link.transport = text(16);
            link.received = number();
            link.received_bytes = number();
            link.queue_messages_max = number();
            link.latency.buckets[random() % 40] = number();
            link.latency.max_ns = number();
        }
    }
    return look;
}

TEST(SeenText, hostile_nodes_cannot_leave_their_line_or_steer_the_terminal) {
    std::mt19937_64 random{7};
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    for (int round = 0; round < 300; ++round) {
        Look before, now;
        before.at = Instant{} + std::chrono::seconds{1};
        now.at = Instant{} + std::chrono::seconds{2};
        for (int nodes = 0; nodes < 3; ++nodes) now.nodes.push_back(hostile_node(random));
        before.nodes = now.nodes;
        const std::size_t columns = 1 + random() % 120, rows = random() % 30;
        const auto lines = top_lines(before, now, columns, rows);
        EXPECT_LE(lines.size(), rows);
        for (const std::string& line : lines) {
            EXPECT_TRUE(std::none_of(line.begin(), line.end(), is_control)) << line;
            EXPECT_LE(
                std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }),
                static_cast<std::ptrdiff_t>(columns));
        }
        for (const NodeLook& node : now.nodes)
            for (const fabric::SeenPort& port : node.node.ports) {
                std::string all = describe(port);
                for (const fabric::SeenLink& link : port.links)
                    all += describe(port, link) + ledger_line(link, true);
                EXPECT_TRUE(std::none_of(all.begin(), all.end(), is_control)) << all;
                EXPECT_EQ(all.find("\xC2\x9B"), std::string::npos) << "a control sequence begins";
            }
        const auto json = json_of(now, &before, 0);
        ASSERT_TRUE(json) << json.error().to_string();
        EXPECT_TRUE(std::none_of(json->begin(), json->end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }
}

TEST(TopTable, the_busiest_comes_first_and_who_has_no_link_last) {
    Look before, now;
    before.at = Instant{} + std::chrono::seconds{1};
    now.at = Instant{} + std::chrono::seconds{3};
    NodeLook node;
    node.pid = 12;
    node.node.name = "n";
    node.node.ports.resize(3);
    for (std::uint32_t i = 1; i < 3; ++i) {
        fabric::SeenLink& link = node.node.ports[i].links.emplace_back();
        link.slot = i;
        link.peer = i == 1 ? "slow" : "fast";
    }
    before.nodes = {node};
    node.node.ports[1].links[0].sent = 2;
    node.node.ports[2].links[0].sent = 2000;
    now.nodes = {node};
    const auto lines = top_lines(before, now, 80, 24);
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_NE(lines[2].find("fast"), std::string::npos);
    EXPECT_NE(lines[2].find("1.00k"), std::string::npos);
    EXPECT_NE(lines[3].find("slow"), std::string::npos);
    EXPECT_NE(lines[4].find("nobody"), std::string::npos);
}

}  // namespace
}  // namespace mycelium::cli
