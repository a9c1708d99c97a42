#include "places.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

const std::vector<std::string> names{"market", "signals"};

TEST(Places, of_sockets_are_names_under_the_base) {
    EXPECT_EQ(places_under("unix:///run/job", names).value(),
              (std::vector<std::string>{"unix:///run/job/market", "unix:///run/job/signals"}));
    EXPECT_EQ(places_under("unix://@job", names).value()[1], "unix://@job/signals");
    EXPECT_EQ(places_under("shm://job", names).value()[0], "shm://job/market");
}

TEST(Places, of_tcp_are_ports_in_a_row) {
    EXPECT_EQ(places_under("tcp://127.0.0.1:4000", names).value(),
              (std::vector<std::string>{"tcp://127.0.0.1:4000", "tcp://127.0.0.1:4001"}));
    EXPECT_EQ(places_under("tcp://[::1]:65534", names).value()[1], "tcp://[::1]:65535");
}

TEST(Places, refuses_other_bases) {
    for (const std::string_view base :
         {"", "job", "inproc://job", "tcp://host", "tcp://host:0", "tcp://host:65535"})
        EXPECT_FALSE(places_under(base, names)) << base;
}

}  // namespace
}  // namespace trading
