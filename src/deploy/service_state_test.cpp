#include "deploy/service_state.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace mycelium::deploy {
namespace {

std::shared_ptr<ServiceState> state_of(const std::string& name) {
    ServiceState::Facts facts;
    facts.name = name;
    facts.links.open({"inproc://service-state/"}, "inproc://service-state/");
    facts.ready = [] {};
    return ServiceState::create(std::move(facts)).value();
}

TEST(ServiceState, a_function_that_only_waits_ends_by_its_node) {
    const auto state = state_of("waits");
    const RunEnd end = call(
        [&](Service& service) -> Result<void> {
            MYCELIUM_TRY_ASSIGN(auto port,
                                service.node().subscriber<Bytes>(service.dial("nothing").value()));
            state->stop(false);
            MYCELIUM_TRY(port.receive());
            return {};
        },
        state);
    EXPECT_TRUE(end.is_success) << end.text;
}

TEST(ServiceState, a_function_that_looks_keeps_its_node) {
    const auto state = state_of("looks");
    const RunEnd end = call(
        [&](Service& service) -> Result<void> {
            EXPECT_FALSE(service.is_stopping());
            state->stop(false);
            EXPECT_TRUE(service.is_stopping());
            EXPECT_EQ(wait(never, service).value(), 0u);
            MYCELIUM_TRY_ASSIGN(auto port,
                                service.node().publisher<Bytes>(service.bind("late").value()));
            EXPECT_TRUE(port.publish(Bytes::copy_of("last words")));
            return {};
        },
        state);
    EXPECT_TRUE(end.is_success) << end.text;
}

TEST(ServiceState, force_stops_the_node_of_one_that_looks) {
    const auto state = state_of("forced");
    const RunEnd end = call(
        [&](Service& service) -> Result<void> {
            MYCELIUM_TRY_ASSIGN(auto port,
                                service.node().subscriber<Bytes>(service.dial("nothing").value()));
            (void)service.fd();
            state->stop(true);
            MYCELIUM_TRY(port.receive());
            return {};
        },
        state);
    EXPECT_TRUE(end.is_success) << end.text;
    state->stop(true);  // long after its end
}

TEST(ServiceState, every_way_to_fail_has_words) {
    const auto failed = [](const ServiceFunction& function) {
        const RunEnd end = call(function, state_of("fails"));
        EXPECT_FALSE(end.is_success);
        return end.text;
    };
    EXPECT_EQ(failed([](Service&) -> Result<void> {
                  return Error{Errc::denied, "not you"};
              }),
              "failed: denied: not you");
    EXPECT_EQ(failed([](Service&) -> Result<void> { throw std::runtime_error{"a fit"}; }),
              "threw: a fit");
    EXPECT_EQ(failed([](Service&) -> Result<void> { throw 1; }), "threw something");
    EXPECT_EQ(failed([](Service&) -> Result<void> {
                  return Error{Errc::closed, "by nobody"};
              }),
              "failed: closed: by nobody");
}

}  // namespace
}  // namespace mycelium::deploy
