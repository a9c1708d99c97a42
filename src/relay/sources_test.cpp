// Whose messages a relay knows, for how long, and whom its breakers let back in.
#include "relay/sources.h"

#include <gtest/gtest.h>

#include <string>

namespace mycelium::relay {
namespace {

using std::chrono::seconds;

Instant at(int second) { return Instant{} + seconds{1000 + second}; }

Event event_of(Event::Kind kind, const std::string& name, std::int64_t pid, int second,
               std::uint64_t link = 1) {
    Event event{};
    event.at = at(second);
    event.link = link;
    event.kind = kind;
    event.url = "unix:///in";
    event.peer = name;
    event.pid = pid;
    return event;
}

Candidate candidate(const std::string& name) {
    Candidate one;
    one.node = name;
    return one;
}

LinkInfo link_of(const std::string& name, std::int64_t pid) {
    LinkInfo link;
    link.url = "unix:///in";
    link.node = name;
    link.pid = pid;
    return link;
}

/// Comes and goes at once.
void flap(Sources& sources, const std::string& name, int second) {
    sources.note(event_of(Event::Kind::connected, name, 1, second));
    sources.note(event_of(Event::Kind::disconnected, name, 1, second));
}

std::vector<RelaySource> rows(Sources& sources, int second, std::vector<LinkInfo> links = {}) {
    std::vector<RelaySource> all;
    sources.report(all, links, at(second));
    return all;
}

const mesh::BreakerLimits twice{2, seconds{60}, seconds{60}, 1};

TEST(Sources, runs_that_ended_are_forgotten_the_oldest_first) {
    Sources sources{twice};
    sources.note(event_of(Event::Kind::connected, "stays", 1, 0));
    const auto first = sources.of(link_of("first", 7));
    for (std::size_t i = 0; i < Sources::runs_max + 20; ++i) {
        const std::string name = "run" + std::to_string(i);
        sources.note(event_of(Event::Kind::connected, name, 2, 1, i + 2));
        sources.note(event_of(Event::Kind::disconnected, name, 2, 9, i + 2));
    }
    const auto left = rows(sources, 10, {link_of("stays", 1)});
    ASSERT_EQ(left.size(), Sources::runs_max);
    EXPECT_EQ(left.front().name, "stays");
    EXPECT_TRUE(left.front().is_linked);
    EXPECT_EQ(left.back().name, "run" + std::to_string(Sources::runs_max + 19));
    first->forwarded += 1;  // whoever still counts in a forgotten one may
    EXPECT_EQ(first->forwarded, 1u);
}

TEST(Sources, one_that_is_tried_and_brings_a_good_message_lets_its_namesakes_in) {
    Sources sources{twice};
    flap(sources, "feed", 0);
    flap(sources, "feed", 1);
    EXPECT_EQ(sources.admit(candidate("feed"), at(2)).error(), Errc::denied);
    ASSERT_TRUE(sources.admit(candidate("feed"), at(70)).ok());
    sources.note(event_of(Event::Kind::connected, "feed", 5, 70, 9));
    EXPECT_EQ(sources.admit(candidate("feed"), at(71)).error(), Errc::denied);
    sources.note_good(9);
    EXPECT_TRUE(sources.admit(candidate("feed"), at(72)).ok());
    EXPECT_EQ(rows(sources, 72).front().breaker, "closed");
}

TEST(Sources, a_namesake_that_was_there_before_closes_no_breaker) {
    Sources sources{twice};
    sources.note(event_of(Event::Kind::connected, "feed", 9, 0, 9));
    sources.note_good(9);
    flap(sources, "feed", 1);
    flap(sources, "feed", 2);
    ASSERT_TRUE(sources.admit(candidate("feed"), at(70)).ok());
    EXPECT_EQ(sources.admit(candidate("feed"), at(70)).error(), Errc::denied);
}

TEST(Sources, one_whose_good_messages_are_read_after_it_has_gone_is_forgiven) {
    Sources sources{twice};
    for (std::uint64_t link = 1; link <= 20; ++link) {
        const int second = static_cast<int>(link);
        ASSERT_TRUE(sources.admit(candidate("once"), at(second)).ok());
        sources.note(event_of(Event::Kind::connected, "once", 5, second, link));
        sources.note(event_of(Event::Kind::disconnected, "once", 5, second, link));
        sources.note_good(link);
    }
    EXPECT_EQ(rows(sources, 21).front().breaker, "closed");
}

TEST(Sources, one_that_brought_something_good_is_no_failure_however_late_that_is_noted) {
    Sources sources{twice};
    for (int i = 0; i < 5; ++i) {
        sources.note_good(static_cast<std::uint64_t>(i + 1));
        sources.note(
            event_of(Event::Kind::connected, "feed", 5, i, static_cast<std::uint64_t>(i + 1)));
        sources.note(
            event_of(Event::Kind::disconnected, "feed", 5, i, static_cast<std::uint64_t>(i + 1)));
    }
    EXPECT_TRUE(sources.admit(candidate("feed"), at(6)).ok());
}

}  // namespace
}  // namespace mycelium::relay
