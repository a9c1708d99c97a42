#include "host/os/resolver.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>

#include "host/os/clock.h"

namespace mycelium::os {
namespace {

TEST(Resolver, an_ip_address_is_its_own_at_once) {
    Resolver resolver;
    EXPECT_EQ(resolver.next_address("127.0.0.1", 80).value().to_string(), "127.0.0.1:80");
    EXPECT_EQ(resolver.next_address("::1", 80).value().to_string(), "[::1]:80");
    EXPECT_EQ(resolver.next_address("localhost", 80).value().to_string(), "127.0.0.1:80");
}

// "host.invalid" never exists: the first call asks, and sooner or later the answer is that it does
// not.
TEST(Resolver, a_name_is_looked_up_elsewhere_and_a_wrong_one_is_told) {
    Resolver resolver;
    const auto first = resolver.next_address("host.invalid", 80);
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error(), Errc::unavailable);
    const Instant patience = after(std::chrono::seconds{120});
    std::string text = first.error().message();
    while (text.find("is being looked up") != std::string::npos && now() < patience) {
        ::sched_yield();
        text = resolver.next_address("host.invalid", 80).error().message();
    }
    EXPECT_EQ(text.find("is being looked up"), std::string::npos);
    EXPECT_NE(text.find("host.invalid"), std::string::npos);
}

TEST(Resolver, the_machines_own_name_is_found_in_the_end) {
    std::array<char, 256> name{};
    ASSERT_EQ(::gethostname(name.data(), name.size() - 1), 0);
    if (!resolve(name.data(), 7)) GTEST_SKIP() << "this machine does not know its own name";
    Resolver resolver;
    const Instant patience = after(std::chrono::seconds{120});
    auto found = resolver.next_address(name.data(), 7);
    while (!found && now() < patience) {
        ::sched_yield();
        found = resolver.next_address(name.data(), 7);
    }
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->port(), 7);
}

TEST(Resolver, more_names_than_it_remembers_are_no_harm) {
    Resolver resolver;
    // Of names that no server need be asked for nobody waits for an answer when the program ends.
    for (std::size_t index = 0; index < 2 * Resolver::names_max; ++index) {
        EXPECT_FALSE(resolver.next_address("host-" + std::to_string(index) + "..invalid", 80));
    }
}

TEST(Resolver, a_forked_child_is_told) {
    Resolver resolver;
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(resolver.next_address("host.invalid", 80).error() == Errc::closed ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace mycelium::os
