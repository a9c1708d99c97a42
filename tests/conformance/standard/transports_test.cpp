#include <gtest/gtest.h>

#include <set>

#include "transport_under_test.h"

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

TEST(StandardTransports, every_url_is_new_and_of_its_scheme) {
    for (const auto& transport : transports_under_test()) {
        const std::string first = transport.make_url("a-1"), second = transport.make_url("a-2");
        EXPECT_NE(first, second);
        EXPECT_EQ(Url::parse(first).value().scheme, transport.name);
    }
}

}  // namespace
}  // namespace mycelium::conformance
