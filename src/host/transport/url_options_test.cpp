#include "host/transport/url_options.h"

#include <gtest/gtest.h>

#include "host/stream/tcp.h"
#include "host/stream/unix.h"

namespace mycelium::transport {
namespace {

std::string refusal_of(const std::string& text) {
    const Url url = Url::parse(text).value();
    const auto streams = url.scheme == "tcp" ? tcp_streams() : unix_streams();
    const auto checked = check_options(url, *streams);
    if (checked.ok()) return "";
    EXPECT_EQ(checked.error(), Errc::invalid);
    return checked.error().message();
}

TEST(UrlOptions, those_that_are_read_pass) {
    for (const char* url : {"unix://@a", "unix://@a?checksum=on&allow=uid:0,uid:1000",
                            "unix://@a?allow=uid:*", "tcp://h:1?checksum=off"})
        EXPECT_EQ(refusal_of(url), "") << url;
}

TEST(UrlOptions, a_typing_error_is_refused_with_what_there_is) {
    EXPECT_EQ(refusal_of("unix://@a?alow=uid:1000"),
              "unix://@a?alow=uid:1000: unix:// has no option 'alow': it takes allow, checksum");
    EXPECT_EQ(refusal_of("tcp://h:1?allow=uid:1"),
              "tcp://h:1?allow=uid:1: tcp:// has no option 'allow': it takes checksum")
        << "over the network nobody knows the peer's user";
}

TEST(UrlOptions, a_value_that_cannot_be_one_is_refused) {
    for (const char* url :
         {"unix://@a?allow=", "unix://@a?allow=uid:abc", "unix://@a?allow=uid:1;uid:2",
          "unix://@a?allow=uid:-1", "unix://@a?allow=1000", "unix://@a?allow=uid:1,,uid:2",
          "unix://@a?checksum=yes", "unix://@a?checksum="})
        EXPECT_NE(refusal_of(url), "") << url;
}

TEST(UrlOptions, allow_admits_whom_it_names_and_nobody_else) {
    const Url two = Url::parse("unix://@a?allow=uid:7,uid:1000").value();
    EXPECT_TRUE(allows(two, 7));
    EXPECT_TRUE(allows(two, 1000));
    EXPECT_FALSE(allows(two, 100));
    EXPECT_TRUE(allows(Url::parse("unix://@a?allow=uid:*").value(), 5));
    EXPECT_FALSE(allows(Url::parse("unix://@a").value(), 5));
}

TEST(UrlOptions, a_scheme_without_options_refuses_every_one) {
    EXPECT_TRUE(check_no_options(Url::parse("inproc://a").value()).ok());
    EXPECT_EQ(check_no_options(Url::parse("inproc://a?x=1").value()).error(), Errc::invalid);
}

}  // namespace
}  // namespace mycelium::transport
