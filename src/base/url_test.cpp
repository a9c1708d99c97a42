#include <mycelium/url.h>

#include <gtest/gtest.h>

#include <mycelium/limits.h>

#include <random>
#include <string>
#include <vector>

namespace mycelium {
namespace {

struct Good {
    const char* text;
    const char* scheme;
    const char* place;
    const char* again;  // what to_string() writes
};

TEST(Url, well_formed_ones_are_taken_apart_and_put_together_again) {
    const std::vector<Good> table{
        {"inproc://a/b c", "inproc", "a/b c", "inproc://a/b%20c"},
        {"inproc://a%3Fb", "inproc", "a?b", "inproc://a%3Fb"},
        {"inproc://a:b@c#d&e=f", "inproc", "a:b@c#d&e=f", "inproc://a:b@c#d&e=f"},
        {"inproc://100%25", "inproc", "100%", "inproc://100%25"},
        {"inproc://gr\xc3\xbcn", "inproc", "gr\xc3\xbcn", "inproc://gr\xc3\xbcn"},
        {"unix:///run/a.sock", "unix", "/run/a.sock", "unix:///run/a.sock"},
        {"unix:///run/a%0ab", "unix", "/run/a\nb", "unix:///run/a%0Ab"},
        {"unix://relative/path", "unix", "relative/path", "unix://relative/path"},
        {"unix://@name", "unix", "@name", "unix://@name"},
        {"tcp://127.0.0.1:0", "tcp", "127.0.0.1:0", "tcp://127.0.0.1:0"},
        {"tcp://[::1]:65535", "tcp", "[::1]:65535", "tcp://[::1]:65535"},
        {"tcp://[fe80::1%25eth0]:80", "tcp", "[fe80::1%eth0]:80", "tcp://[fe80::1%25eth0]:80"},
        {"my+own.x-2://any:thing::", "my+own.x-2", "any:thing::", "my+own.x-2://any:thing::"},
        {"inproc://a?", "inproc", "a", "inproc://a"},
    };
    for (const Good& good : table) {
        const auto url = Url::parse(good.text);
        ASSERT_TRUE(url) << url.error().to_string();
        EXPECT_EQ(url->scheme, good.scheme);
        EXPECT_EQ(url->place, good.place);
        EXPECT_EQ(url->to_string(), good.again);
        EXPECT_EQ(Url::parse(url->to_string()).value(), *url);
    }
}

TEST(Url, options_are_decoded_and_survive_to_string) {
    const auto url = Url::parse("tcp://h:1?checksum=on&label=a%26b%3Dc=d&empty=").value();
    EXPECT_EQ(url.option("checksum"), "on");
    EXPECT_EQ(url.option("label"), "a&b=c=d");
    EXPECT_EQ(url.option("empty"), "");
    EXPECT_EQ(url.option("absent"), std::nullopt);
    EXPECT_EQ(Url::parse(url.to_string()).value(), url);
}

struct Bad {
    const char* text;
    const char* expected;  // part of the message
};

TEST(Url, malformed_ones_are_refused_with_position_and_remedy) {
    const std::vector<Bad> table{
        {"", "at byte 0: no scheme"},
        {"greenhouse", "at byte 0: no scheme"},
        {"://a", "at byte 0: no scheme"},
        {"UNIX:///a", "at byte 0: a scheme is"},
        {"1x://a", "at byte 0: a scheme is"},
        {"un ix://a", "at byte 2: a scheme is"},
        {"inproc://", "at byte 9: nothing is named"},
        {"inproc://?a=b", "at byte 9: nothing is named"},
        {"unix://@", "at byte 7: nothing is named"},
        {"inproc://a%", "at byte 10: a %"},
        {"inproc://a%4", "at byte 10: a %"},
        {"inproc://a%zz", "at byte 10: a %"},
        {"inproc://a%4?b=c", "at byte 10: a %"},
        {"inproc://a%00", "a NUL byte"},
        {"inproc://a?b", "at byte 11: an option is key=value"},
        {"inproc://a?=b", "at byte 11: an option is key=value"},
        {"inproc://a?b=c&", nullptr},  // a trailing & ends the list
        {"inproc://a?b=c&&d=e", "at byte 15: an option is key=value"},
        {"inproc://a?b=%g0", "at byte 13: a %"},
        {"inproc://a?b=1&%62=2", "at byte 15: this option is given twice"},
        {"tcp://host", "no port"},
        {"tcp://host:", "the port is a number"},
        {"tcp://host:x", "the port is a number"},
        {"tcp://host:65536", "the port is a number"},
        {"tcp://host:-1", "the port is a number"},
        {"tcp://host:1x", "the port is a number"},
        {"tcp://:1", "no host"},
        {"tcp://[]:1", "no host"},
        {"tcp://::1:80", "in brackets"},
        {"tcp://[::1", "not closed"},
        {"tcp://[::1]", "no port"},
        {"tcp://[::1]80", "no port"},
        {"tcp://[host]:80", "brackets are for IPv6"},
        {"tcp://a b:80", "cannot stand in a host"},
        {"tls://host", "after tls://"},
    };
    for (const Bad& bad : table) {
        const auto url = Url::parse(bad.text);
        if (bad.expected == nullptr) {
            EXPECT_TRUE(url) << bad.text;
            continue;
        }
        ASSERT_FALSE(url) << bad.text;
        EXPECT_TRUE(url.error() == Errc::invalid);
        EXPECT_NE(url.error().message().find(bad.expected), std::string::npos)
            << url.error().message();
    }
}

TEST(Url, one_of_exactly_the_limit_is_accepted_and_one_more_byte_refused) {
    std::string text = "inproc://";
    text.resize(limits::url_bytes_max, 'a');
    EXPECT_TRUE(Url::parse(text));
    text += 'a';
    const auto url = Url::parse(text);
    ASSERT_FALSE(url);
    EXPECT_NE(url.error().message().find("url_bytes_max"), std::string::npos);
    EXPECT_LT(url.error().message().size(), 400u) << "the text is cut in the message";
}

TEST(Url, an_error_never_repeats_a_control_character) {
    const auto url = Url::parse("a\nb://c");
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().message().find('\n'), std::string::npos);
}

TEST(Url, what_parses_parses_again_to_the_same_after_random_damage) {
    const std::vector<std::string> seeds{"tcp://[fe80::1%25eth0]:80?a=b&c=%20d",
                                         "unix:///run/a%0ab.sock?checksum=on", "inproc://x/y?z=1"};
    std::mt19937 random{1};
    for (int round = 0; round < 20000; ++round) {
        std::string text = seeds[random() % seeds.size()];
        for (auto i = random() % 4; i > 0; --i)
            text[random() % text.size()] = static_cast<char>(random());
        text.resize(random() % (text.size() + 1));
        const auto url = Url::parse(text);
        if (!url) continue;
        ASSERT_EQ(Url::parse(url->to_string()).value(), *url) << text;
    }
}

TEST(HostPort, brackets_are_not_part_of_the_host) {
    const auto six = HostPort::parse("[::1]:8080").value();
    EXPECT_EQ(six.host, "::1");
    EXPECT_EQ(six.port, 8080);
    const auto name = HostPort::parse("node-1.example_x:0").value();
    EXPECT_EQ(name.host, "node-1.example_x");
    EXPECT_EQ(name.port, 0);
}

}  // namespace
}  // namespace mycelium
