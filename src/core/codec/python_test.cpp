// What we write is what Python's msgpack reads, and the other way round.
#include <cstdio>

#include <gtest/gtest.h>

#include "core/codec/types_for_tests.h"

namespace mycelium {
namespace {

using for_tests::bytes_of;
using for_tests::hex_of;
using for_tests::Kinds;
using for_tests::Order;
using for_tests::Terms;

/// What the system's Python prints when it runs `script` with one argument.
std::string python(const std::string& script, const std::string& argument) {
    const std::string command = "/usr/bin/python3 -c '" + script + "' " + argument + " 2>&1";
    std::FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) return "popen failed";
    std::string output;
    char buffer[4096];
    for (std::size_t size; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        output.append(buffer, size);
    pclose(pipe);
    return output;
}

const std::string unpacked =
    "import msgpack, sys\nvalue = msgpack.unpackb(bytes.fromhex(sys.argv[1]), "
    "strict_map_key=False)\n";

TEST(Python, reads_what_is_written) {
    const Order order{"BTC", -70'000, std::make_shared<const Terms>(Terms{3, "Kiel"})};
    EXPECT_EQ(python(unpacked + "print(value)", hex_of(encode(order).value().span())),
              "{1: 'BTC', 2: -70000, 3: {1: 3, 2: 'Kiel'}}\n");
}

TEST(Python, writes_what_is_read) {
    Kinds value;
    value.i64 = INT64_MIN;
    value.u64 = UINT64_MAX;
    value.f32 = 0.5f;
    value.f64 = 1e300;
    value.text = "gr\u00f6\u00dfe";
    value.bytes = Bytes::copy_of("bytes");
    value.list = {"a", std::string(300, 'b')};
    value.by_name = {{"x", {1, 70'000}}, {"y", {}}};
    value.by_number = {{-7, 0.25}};
    value.gaps = {1, std::nullopt};
    value.children = {std::make_shared<Kinds>(), nullptr};
    const auto written = encode(value).value();
    const auto repacked =
        bytes_of(python(unpacked + "print(msgpack.packb(value).hex())", hex_of(written.span())));
    const auto back = decode<Kinds>(repacked);
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(encode(*back).value(), written);
}

}  // namespace
}  // namespace mycelium
