#include "core/wire/hello.h"

#include <gtest/gtest.h>

#include <mycelium/limits.h>
#include <mycelium/msgpack.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/wire/hex_for_tests.h"
#include "core/wire/names.h"

namespace mycelium::wire {
namespace {

using msgpack::Builder;

Hello sample(Pattern pattern) {
    Hello hello;
    hello.pattern = pattern;
    hello.node = "thermometer";
    for (std::size_t i = 0; i < 16; ++i) hello.node_id[i] = static_cast<std::uint8_t>(i * 16);
    hello.port = 3;
    hello.epoch = 0xfedcba9876543210;
    hello.next_sequence = 42;
    hello.pid = 4711;
    hello.type = {Form::fields, "Order", "description of the order", 0x1122334455667788};
    hello.answer = {Form::flat, "Receipt", "description of the receipt", 1};
    hello.slow = SlowReader::latest;
    hello.queue_messages_max = 10;
    hello.queue_bytes_max = 1000;
    hello.message_bytes_max = 100;
    hello.ports = {3, 5, 70000};
    return hello;
}

void expect_same_type(const TypeInfo& a, const TypeInfo& b) {
    EXPECT_EQ(a.form, b.form);
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.description, b.description);
    EXPECT_EQ(a.fingerprint, b.fingerprint);
}

TEST(Hello, each_pattern_comes_back_with_what_concerns_it) {
    for (const Pattern pattern :
         {Pattern::publisher, Pattern::subscriber, Pattern::requester, Pattern::replier}) {
        const Hello hello = sample(pattern);
        const Hello again = decode_hello(encode_hello(hello)).value();
        EXPECT_EQ(again.pattern, pattern);
        EXPECT_EQ(again.node, hello.node);
        EXPECT_EQ(again.node_id, hello.node_id);
        EXPECT_EQ(again.port, hello.port);
        EXPECT_EQ(again.epoch, hello.epoch);
        EXPECT_EQ(again.next_sequence, hello.next_sequence);
        EXPECT_EQ(again.pid, hello.pid);
        EXPECT_EQ(again.message_bytes_max, hello.message_bytes_max);
        EXPECT_EQ(again.ports, hello.ports);
        expect_same_type(again.type, hello.type);
        const bool is_call = pattern == Pattern::requester || pattern == Pattern::replier;
        expect_same_type(again.answer, is_call ? hello.answer : TypeInfo{});
        EXPECT_EQ(again.slow, pattern == Pattern::subscriber ? hello.slow : SlowReader::block);
        EXPECT_EQ(again.queue_bytes_max, pattern == Pattern::subscriber ? 1000u : 0u);
    }
}

TEST(Hello, the_least_a_stranger_must_say_is_its_pattern) {
    Builder out;
    out.map(1);
    out.string("pattern");
    out.string("subscriber");
    const Hello hello = decode_hello(out.bytes()).value();
    EXPECT_EQ(hello.pattern, Pattern::subscriber);
    EXPECT_EQ(hello.type.form, Form::any);
    EXPECT_EQ(hello.slow, SlowReader::block);
    EXPECT_EQ(hello.next_sequence, 1u);
    EXPECT_TRUE(hello.ports.empty());
}

TEST(Hello, the_largest_one_of_ours_fits_a_control_message) {
    Hello hello = sample(Pattern::replier);
    hello.node.assign(limits::node_name_bytes_max, 'n');
    hello.type.name.assign(limits::node_name_bytes_max, 't');
    hello.type.description.assign(limits::description_bytes_max, 'd');
    hello.answer = hello.type;
    hello.ports.assign(limits::ports_per_url_max, UINT32_MAX);
    const auto bytes = encode_hello(hello);
    EXPECT_LE(bytes.size() + 100, limits::control_bytes_max);
    EXPECT_TRUE(decode_hello(bytes));
}

/// A hello of a subscriber with one more key.
std::string refusal(std::string_view key, const std::function<void(Builder&)>& value) {
    Builder out;
    out.map(2);
    out.string("pattern");
    out.string("subscriber");
    out.string(key);
    value(out);
    const auto hello = decode_hello(out.bytes());
    if (hello) return "accepted";
    EXPECT_TRUE(hello.error() == Errc::malformed);
    return hello.error().message();
}

std::function<void(Builder&)> text(std::string content) {
    return [content = std::move(content)](Builder& out) { out.string(content); };
}

TEST(Hello, who_knows_references_says_so_and_who_does_not_says_nothing) {
    Hello hello = sample(Pattern::subscriber);
    const std::size_t size = encode_hello(hello).size();
    EXPECT_FALSE(decode_hello(encode_hello(hello)).value().references);
    hello.references = true;
    EXPECT_TRUE(decode_hello(encode_hello(hello)).value().references);
    EXPECT_EQ(encode_hello(hello).size(), size + 12);
    EXPECT_NE(refusal("references", text("yes")), "accepted");
    EXPECT_EQ(refusal("references", [](Builder& out) { out.integer(2u); }), "accepted");
}

TEST(Hello, unknown_keys_are_skipped) {
    EXPECT_EQ(refusal("later",
                      [](Builder& out) {
                          out.map(1);
                          out.nil();
                          out.array(0);
                      }),
              "accepted");
    EXPECT_EQ(refusal("type",
                      [](Builder& out) {
                          out.map(2);
                          out.integer(5);
                          out.nil();
                          out.string("later");
                          out.nil();
                      }),
              "accepted");
}

TEST(Hello, every_limit_can_be_reached_and_not_exceeded) {
    const std::string longest(limits::node_name_bytes_max, 'n');
    EXPECT_EQ(refusal("node", text(longest)), "accepted");
    EXPECT_NE(refusal("node", text(longest + "n")).find("longer than its limit"),
              std::string::npos);
    const auto type_of = [](std::string key, std::string value) {
        return [=](Builder& out) {
            out.map(1);
            out.string(key);
            out.string(value);
        };
    };
    const std::string description(limits::description_bytes_max, 'd');
    EXPECT_EQ(refusal("type", type_of("description", description)), "accepted");
    EXPECT_NE(
        refusal("type", type_of("description", description + "d")).find("description_bytes_max"),
        std::string::npos);
    const auto ports = [](std::size_t count) {
        return [count](Builder& out) {
            out.array(count);
            for (std::size_t i = 0; i < count; ++i) out.integer(i);
        };
    };
    EXPECT_EQ(refusal("ports", ports(limits::ports_per_url_max)), "accepted");
    EXPECT_NE(refusal("ports", ports(limits::ports_per_url_max + 1)).find("ports_per_url_max"),
              std::string::npos);
}

TEST(Hello, malformed_ones_are_refused_with_a_reason) {
    EXPECT_NE(refusal("node", text("a\nb")).find("a control character"), std::string::npos);
    EXPECT_NE(refusal("slow", text("quickly")).find("an unknown policy"), std::string::npos);
    EXPECT_NE(refusal("pattern", text("queue")).find("an unknown pattern"), std::string::npos);
    EXPECT_NE(refusal("port", [](Builder& out) { out.integer(std::uint64_t{1} << 32); })
                  .find("out of range"),
              std::string::npos);
    EXPECT_NE(refusal("pid", text("1")).find("a string where an integer"), std::string::npos);
    EXPECT_NE(refusal("node_id", [](Builder& out) { out.binary(bytes_of("short")); })
                  .find("not 16 bytes"),
              std::string::npos);
    EXPECT_NE(refusal("type",
                      [](Builder& out) {
                          out.map(1);
                          out.string("form");
                          out.string("liquid");
                      })
                  .find("an unknown form"),
              std::string::npos);
    EXPECT_NE(decode_hello(from_hex("80")).error().message().find("no pattern"), std::string::npos);
    EXPECT_FALSE(decode_hello({}));
    auto longer = encode_hello(sample(Pattern::publisher));
    longer.push_back(std::byte{0});
    EXPECT_NE(decode_hello(longer).error().message().find("after the end"), std::string::npos);
}

TEST(Hello, prefixes_are_refused_and_damage_stays_within_bounds) {
    std::mt19937 random{7};
    const auto good = encode_hello(sample(Pattern::subscriber));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_hello(std::vector<std::byte>(
            good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
    for (int round = 0; round < 20000; ++round) {
        auto bytes = good;
        for (auto i = random() % 4 + 1; i > 0; --i)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        const auto again = decode_hello(bytes);
        if (!again) continue;
        EXPECT_TRUE(decode_hello(encode_hello(*again)));
    }
}

TEST(Pattern, every_pattern_is_the_counterpart_of_its_counterpart) {
    for (const Pattern pattern :
         {Pattern::publisher, Pattern::subscriber, Pattern::requester, Pattern::replier}) {
        EXPECT_NE(counterpart(pattern), pattern);
        EXPECT_EQ(counterpart(counterpart(pattern)), pattern);
        EXPECT_EQ(pattern_named(name_of(pattern)), pattern);
    }
}

TEST(Form, every_form_has_a_name_that_leads_back_to_it) {
    for (const Form form :
         {Form::local, Form::flat, Form::tlv, Form::fields, Form::bytes, Form::any})
        EXPECT_EQ(form_named(name_of(form)), form);
    EXPECT_EQ(form_named("unknown"), std::nullopt);
}

}  // namespace
}  // namespace mycelium::wire
