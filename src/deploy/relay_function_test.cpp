#include "deploy/relay_function.h"

#include <gtest/gtest.h>

namespace mycelium::deploy {
namespace {

RelaySpec spec() {
    RelaySpec relay;
    relay.domain = "signal";
    relay.in = {{"raw", {}}, {"late", {}}};
    relay.out = {{"signals", {}}};
    relay.control = {{"asked", {}}};
    return relay;
}

TEST(RelayFunction, what_the_environment_carries_comes_back) {
    RelaySpec relay = spec();
    for (const auto block : {std::optional<Duration>{}, std::optional<Duration>{Duration{5}}}) {
        relay.block_max = block;
        const RelaySpec again = relay_from(text_of(relay)).value();
        EXPECT_EQ(again.domain, relay.domain);
        ASSERT_EQ(again.in.size(), 2u);
        EXPECT_EQ(again.in[1].name, "late");
        ASSERT_EQ(again.out.size(), 1u);
        EXPECT_EQ(again.out[0].name, "signals");
        ASSERT_EQ(again.control.size(), 1u);
        EXPECT_EQ(again.control[0].name, "asked");
        EXPECT_EQ(again.block_max, relay.block_max);
    }
}

TEST(RelayFunction, what_is_no_relay_is_refused) {
    for (const char* text : {"", "signal", "signal;a", "signal;a;", "other;a;b;", "signal;a;b;;x",
                             "signal;a;b;;-1", "signal;a;b;;1;more"})
        EXPECT_FALSE(relay_from(text).ok()) << text;
}

}  // namespace
}  // namespace mycelium::deploy
