#include "places.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

TEST(Places, of_unix_sockets_are_names_in_a_folder) {
    const Places places = Places::under("unix:///run/job").value();
    EXPECT_EQ(places.trades, "unix:///run/job/trades");
    EXPECT_EQ(places.reports, "unix:///run/job/reports");
    EXPECT_EQ(Places::under("unix://@job").value().swaps, "unix://@job/swaps");
}

TEST(Places, of_tcp_are_five_ports) {
    const Places places = Places::under("tcp://127.0.0.1:4000").value();
    EXPECT_EQ(places.trades, "tcp://127.0.0.1:4000");
    EXPECT_EQ(places.reports, "tcp://127.0.0.1:4004");
    EXPECT_EQ(Places::under("tcp://[::1]:4000").value().swaps, "tcp://[::1]:4001");
}

TEST(Places, refuses_other_bases) {
    for (const std::string_view base :
         {"", "job", "inproc://job", "tcp://host", "tcp://host:0", "tcp://host:65532"})
        EXPECT_FALSE(Places::under(base)) << base;
}

}  // namespace
}  // namespace trading
