#include "host/os/address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace mycelium::os {
namespace {

TEST(Address, each_kind_is_written_as_in_a_url) {
    EXPECT_EQ(Address::path("/run/a.sock").value().to_string(), "/run/a.sock");
    EXPECT_EQ(Address::abstract("name").value().to_string(), "@name");
    EXPECT_EQ(Address::numeric("10.0.0.1", 80)->to_string(), "10.0.0.1:80");
    EXPECT_EQ(Address::numeric("::1", 65535)->to_string(), "[::1]:65535");
    EXPECT_EQ(Address{}.to_string(), "nowhere");
}

TEST(Address, unix_names_end_at_107_bytes) {
    const std::string longest(Address::unix_bytes_max, 'n');
    EXPECT_EQ(Address::path(longest).value().to_string(), longest);
    EXPECT_EQ(Address::abstract(longest).value().to_string(), "@" + longest);
    EXPECT_EQ(Address::path(longest + "n").error(), Errc::invalid);
    EXPECT_EQ(Address::abstract(longest + "n").error(), Errc::invalid);
}

TEST(Address, empty_names_and_nul_bytes_are_refused) {
    using namespace std::string_view_literals;
    EXPECT_EQ(Address::path("").error(), Errc::invalid);
    EXPECT_EQ(Address::abstract("").error(), Errc::invalid);
    EXPECT_EQ(Address::path("a\0b"sv).error(), Errc::invalid);
    EXPECT_EQ(Address::abstract("a\0b"sv).error(), Errc::invalid);
}

TEST(Address, what_is_no_ip_address_is_none) {
    for (const char* text : {"", "localhost", "example.org", "1.2.3.4.5", ":::", "[::1]"}) {
        EXPECT_FALSE(Address::numeric(text, 80)) << text;
    }
}

TEST(Address, the_port_is_changed_and_compared) {
    const Address address = *Address::numeric("127.0.0.1", 80);
    EXPECT_EQ(address.with_port(81).port(), 81);
    EXPECT_EQ(address.with_port(80), address);
    EXPECT_FALSE(address.with_port(81) == address);
    const Address file = Address::path("/run/a.sock").value();
    EXPECT_EQ(file.with_port(81), file);
    EXPECT_EQ(file.port(), 0);
}

TEST(Address, a_truncated_one_is_refused) {
    const sockaddr_in6 whole{.sin6_family = AF_INET6,
                             .sin6_port = 0,
                             .sin6_flowinfo = 0,
                             .sin6_addr = {},
                             .sin6_scope_id = 0};
    const auto* address = reinterpret_cast<const sockaddr*>(&whole);
    EXPECT_TRUE(Address::from(address, sizeof whole));
    EXPECT_FALSE(Address::from(address, sizeof(sockaddr_in)));
    EXPECT_FALSE(Address::from(address, 1));
}

TEST(Address, of_no_socket_is_none) {
    EXPECT_FALSE(Address::of(-1));
    EXPECT_FALSE(Address::of_peer(-1));
}

}  // namespace
}  // namespace mycelium::os
