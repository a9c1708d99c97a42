#include "apps/cli/ps.h"

#include <gtest/gtest.h>

namespace mycelium::cli {
namespace {

deploy::FabricStatus fabric_with(const std::string& first, const std::string& second) {
    deploy::FabricStatus fabric;
    fabric.services.resize(2);
    fabric.services[0].name = "a";
    fabric.services[0].state = first;
    fabric.services[1].name = "b";
    fabric.services[1].state = second;
    return fabric;
}

TEST(Fulfilment, a_stop_has_come_true_when_that_service_is_down) {
    EXPECT_TRUE(fulfilment_of("stop", "a", fabric_with("ended", "running")));
    EXPECT_TRUE(fulfilment_of("stop", "a", fabric_with("failed", "running")));
    EXPECT_FALSE(fulfilment_of("stop", "b", fabric_with("ended", "stopping")));
}

TEST(Fulfilment, a_start_has_come_true_when_that_service_runs_or_has_ended_well) {
    EXPECT_TRUE(fulfilment_of("start", "a", fabric_with("running", "failed")));
    EXPECT_TRUE(fulfilment_of("restart", "a", fabric_with("ended", "failed")));
    EXPECT_FALSE(fulfilment_of("start", "b", fabric_with("running", "failed")));
    EXPECT_FALSE(fulfilment_of("restart", "b", fabric_with("running", "backing off")));
    EXPECT_FALSE(fulfilment_of("restart", "b", fabric_with("running", "stopping")));
}

TEST(Fulfilment, down_has_come_true_when_all_are_down) {
    EXPECT_TRUE(fulfilment_of("down", "", fabric_with("ended", "failed")));
    EXPECT_FALSE(fulfilment_of("down", "", fabric_with("ended", "stopping")));
}

}  // namespace
}  // namespace mycelium::cli
