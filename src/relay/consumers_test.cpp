// Who is sent away from a relay, and by what name he may come back.
#include "relay/consumers.h"

#include <gtest/gtest.h>

namespace mycelium::relay {
namespace {

Candidate candidate(const std::string& name, std::int64_t pid) {
    Candidate one;
    one.node = name;
    one.pid = pid;
    return one;
}

TEST(Consumers, one_that_was_sent_away_is_refused_until_it_is_forgotten) {
    Consumers consumers;
    consumers.decide("table@7", Consumers::Decision::evicted);
    EXPECT_EQ(consumers.admit(candidate("table", 7)).error(), Errc::denied);
    EXPECT_TRUE(consumers.admit(candidate("table", 8)).ok());
    EXPECT_TRUE(consumers.admit(candidate("tab", 7)).ok());
    EXPECT_TRUE(consumers.forget("table@7"));
    EXPECT_TRUE(consumers.admit(candidate("table", 7)).ok());
    EXPECT_FALSE(consumers.forget("table@7"));
}

TEST(Consumers, a_name_forgets_all_of_that_name) {
    Consumers consumers;
    consumers.decide("table@7", Consumers::Decision::evicted);
    consumers.decide("table@8", Consumers::Decision::drained);
    consumers.decide("tables@9", Consumers::Decision::evicted);
    EXPECT_EQ(consumers.text(), "table@7 (evicted), table@8 (drained), tables@9 (evicted)");
    EXPECT_TRUE(consumers.forget("table"));
    EXPECT_EQ(consumers.text(), "tables@9 (evicted)");
}

TEST(Consumers, those_that_are_drained_now_are_refused_and_not_listed_twice) {
    Consumers consumers;
    consumers.decide("table", Consumers::Decision::draining);
    EXPECT_EQ(consumers.admit(candidate("table", 7)).error(), Errc::denied);
    std::vector<RelayConsumer> rows;
    consumers.report(rows);
    EXPECT_TRUE(rows.empty());
}

}  // namespace
}  // namespace mycelium::relay
