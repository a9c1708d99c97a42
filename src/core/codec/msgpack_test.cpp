#include <mycelium/msgpack.h>

#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#define MSGPACK_NO_BOOST
#include <msgpack.hpp>

#include "core/codec/types_for_tests.h"

namespace mycelium::msgpack {
namespace {

using for_tests::bytes_of;
using for_tests::hex_of;
using nlohmann::json;

json parsed_by_nlohmann(std::span<const std::byte> bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return json::from_msgpack(data, data + bytes.size());
}
std::vector<std::byte> written_by_nlohmann(const json& value) {
    const auto bytes = json::to_msgpack(value);
    const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
    return {data, data + bytes.size()};
}

constexpr std::int64_t integers[] = {
    0,         1,  127, 128, 255,  256,  65'535,  65'536,  4'294'967'295,  4'294'967'296,
    INT64_MAX, -1, -32, -33, -128, -129, -32'768, -32'769, -2'147'483'648, -2'147'483'649,
    INT64_MIN};

TEST(MsgPackWriter, writes_every_integer_as_short_as_msgpack_cxx) {
    for (const std::int64_t value : integers) {
        Builder ours;
        ours.integer(value);
        ::msgpack::sbuffer theirs;
        ::msgpack::pack(theirs, value);
        EXPECT_EQ(hex_of(ours.bytes()),
                  hex_of(std::as_bytes(std::span{theirs.data(), theirs.size()})))
            << value;
    }
    Builder largest;
    largest.integer(UINT64_MAX);
    EXPECT_EQ(hex_of(largest.bytes()), "cfffffffffffffffff");
}

TEST(MsgPackWriter, writes_strings_binaries_arrays_and_maps_as_nlohmann_does) {
    for (const std::size_t size : {0, 1, 15, 16, 31, 32, 255, 256, 65'535, 65'536}) {
        Builder out;
        out.string(std::string(size, 'x'));
        EXPECT_EQ(out.take(), written_by_nlohmann(json(std::string(size, 'x')))) << size;
        out.binary(std::vector<std::byte>(size));
        EXPECT_EQ(out.take(), written_by_nlohmann(json::binary(std::vector<std::uint8_t>(size))))
            << size;
        out.array(size);
        for (std::size_t i = 0; i < size; ++i) out.nil();
        EXPECT_EQ(out.take(), written_by_nlohmann(json(std::vector<json>(size)))) << size;
        out.map(size);
        json object = json::object();
        for (std::size_t i = 0; i < size; ++i) object[std::to_string(i)] = true;
        for (const auto& item : object.items()) {
            out.string(item.key());
            out.boolean(true);
        }
        EXPECT_EQ(parsed_by_nlohmann(out.take()), object) << size;
    }
}

TEST(MsgPackReader, reads_integers_of_any_width_that_fit) {
    for (const char* hex : {"05", "cc05", "cd0005", "ce00000005", "cf0000000000000005", "d005",
                            "d10005", "d200000005", "d30000000000000005"}) {
        const auto bytes = bytes_of(hex);
        std::uint8_t as_u8 = 0;
        std::int64_t as_i64 = 0;
        EXPECT_TRUE(Reader{bytes}.integer(as_u8)) << hex;
        EXPECT_TRUE(Reader{bytes}.integer(as_i64)) << hex;
        EXPECT_EQ(as_u8, 5);
        EXPECT_EQ(as_i64, 5);
    }
}

TEST(MsgPackReader, refuses_integers_out_of_range) {
    const auto refused = [](const char* hex, auto kind) {
        const auto bytes = bytes_of(hex);
        Reader reader{bytes};
        return !reader.integer(kind) && reader.error() == Errc::malformed && reader.position() == 0;
    };
    EXPECT_TRUE(refused("cc80", std::int8_t{}));
    EXPECT_TRUE(refused("cd0100", std::uint8_t{}));
    EXPECT_TRUE(refused("ff", std::uint64_t{}));
    EXPECT_TRUE(refused("d0ff", std::uint64_t{}));
    EXPECT_TRUE(refused("cf8000000000000000", std::int64_t{}));
    EXPECT_TRUE(refused("d2ffff7fff", std::int16_t{}));
    EXPECT_TRUE(refused("cb3ff0000000000000", std::int32_t{}));
}

TEST(MsgPackReader, reads_reals_of_either_width_and_integers_as_reals) {
    const auto read = [](const char* hex) {
        const auto bytes = bytes_of(hex);
        double value = NAN;
        Reader reader{bytes};
        EXPECT_TRUE(reader.real(value) && reader.end()) << hex;
        return value;
    };
    EXPECT_EQ(read("ca3fc00000"), 1.5);
    EXPECT_EQ(read("cb3ff8000000000000"), 1.5);
    EXPECT_EQ(read("02"), 2.0);
    EXPECT_EQ(read("ff"), -1.0);
    EXPECT_EQ(read("cfffffffffffffffff"), 18446744073709551615.0);
    EXPECT_TRUE(std::isnan(read("cb7ff8000000000000")));
    EXPECT_TRUE(std::isinf(read("ca7f800000")));
}

TEST(MsgPackReader, refuses_a_double_beyond_a_float) {
    Builder out;
    out.real(1e300);
    float value = 0;
    Reader reader{out.bytes()};
    EXPECT_FALSE(reader.real(value));
    EXPECT_NE(reader.error().message().find("range"), std::string::npos);
}

TEST(MsgPackReader, refuses_every_truncation_of_every_kind) {
    Builder out;
    out.array(13);
    out.nil();
    out.boolean(true);
    out.integer(std::uint64_t{1} << 40);
    out.integer(-70'000);
    out.real(1.5);
    out.real(1.5f);
    out.string("short");
    out.string(std::string(300, 's'));
    out.binary(std::vector<std::byte>(3));
    out.map(1);
    out.integer(1);
    out.string("x");
    out.raw(bytes_of("c70305aabbcc"));
    out.raw(bytes_of("d605aabbccdd"));
    out.array(0);
    const auto whole = out.take();
    Reader complete{whole};
    EXPECT_TRUE(complete.skip() && complete.end());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Reader reader{std::span{whole}.first(size)};
        EXPECT_FALSE(reader.skip()) << size;
        EXPECT_TRUE(reader.failed());
    }
}

TEST(MsgPackReader, refuses_counts_that_the_input_cannot_hold) {
    std::uint32_t count = 0;
    for (const char* hex : {"91", "dc0005c0c0c0c0", "ddffffffffc0"}) {
        const auto bytes = bytes_of(hex);
        EXPECT_FALSE(Reader{bytes}.array(count)) << hex;
    }
    for (const char* hex : {"81c0", "de0002c0c0c0", "dfffffffffc0"}) {
        const auto bytes = bytes_of(hex);
        EXPECT_FALSE(Reader{bytes}.map(count)) << hex;
    }
    for (const char* hex : {"a2c0", "d902c0", "da0002c0", "dbffffffffc0", "c402c0", "c50002c0",
                            "c6ffffffffc0", "c703c0", "c9ffffffffc0", "d8c0"}) {
        const auto bytes = bytes_of(hex);
        Reader reader{bytes};
        EXPECT_FALSE(reader.skip()) << hex;
    }
}

TEST(MsgPackReader, skips_what_nests_to_the_limit_and_refuses_one_level_more) {
    const auto nested = [](std::size_t depth) {
        Builder out;
        for (std::size_t i = 0; i < depth; ++i) out.array(1);
        out.nil();
        return out.take();
    };
    const auto deepest = nested(limits::codec_depth_max);
    Reader good{deepest};
    EXPECT_TRUE(good.skip() && good.end());
    const auto too_deep = nested(limits::codec_depth_max + 1);
    Reader bad{too_deep};
    EXPECT_FALSE(bad.skip());
    EXPECT_NE(bad.error().message().find("deep"), std::string::npos);
    const auto hostile = nested(1 << 20);
    Reader worse{hostile};
    EXPECT_FALSE(worse.skip());
}

TEST(MsgPackReader, names_what_it_found_and_where) {
    const auto bytes = bytes_of("01a178");
    Reader reader{bytes};
    std::int32_t value = 0;
    EXPECT_TRUE(reader.integer(value));
    EXPECT_FALSE(reader.integer(value));
    EXPECT_FALSE(reader.fail("a later failure does not hide the first"));
    EXPECT_EQ(reader.error().message(), "byte 1: a string where an integer is expected");
}

TEST(MsgPackReader, limits_what_one_message_may_allocate) {
    const auto bytes = bytes_of("c0");
    Reader reader{bytes};
    EXPECT_TRUE(reader.may_allocate(decoded_bytes_base / 64, 64));
    EXPECT_TRUE(reader.may_allocate(1, decoded_bytes_per_byte));
    EXPECT_FALSE(reader.may_allocate(1, 1));
}

TEST(MsgPackReader, does_not_begin_a_value_with_c1) {
    const auto bytes = bytes_of("c1");
    Reader reader{bytes};
    EXPECT_EQ(reader.peek(), Kind::invalid);
    EXPECT_FALSE(reader.skip());
}

// Random documents, written by nlohmann, must be skipped to their exact end; random bytes must
// never harm.
TEST(MsgPackReader, agrees_with_nlohmann_on_where_a_value_ends) {
    std::mt19937 random{20'240'601};
    const auto value = [&](auto&& self, int depth) -> json {
        switch (random() % (depth > 0 ? 8 : 6)) {
            case 0:
                return nullptr;
            case 1:
                return random() % 2 == 0;
            case 2:
                return static_cast<std::int64_t>(random()) << (random() % 30);
            case 3:
                return -static_cast<std::int64_t>(random()) << (random() % 20);
            case 4:
                return static_cast<double>(random()) / 3;
            case 5:
                return std::string(random() % 40, 'q');
            case 6: {
                json list = json::array();
                for (auto n = random() % 20; n > 0; --n) list.push_back(self(self, depth - 1));
                return list;
            }
            default: {
                json object = json::object();
                for (auto n = random() % 20; n > 0; --n)
                    object[std::to_string(n)] = self(self, depth - 1);
                return object;
            }
        }
    };
    for (int round = 0; round < 300; ++round) {
        const auto bytes = written_by_nlohmann(value(value, 4));
        Reader reader{bytes};
        ASSERT_TRUE(reader.skip() && reader.end()) << round;
    }
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes(random() % 24);
        for (auto& b : bytes) b = static_cast<std::byte>(random());
        Reader reader{bytes};
        const bool is_value = reader.skip() && reader.end();
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        const json theirs = json::from_msgpack(data, data + bytes.size(), true, false);
        // nlohmann knows text keys only.
        EXPECT_TRUE(is_value || theirs.is_discarded()) << hex_of(bytes);
    }
}

}  // namespace
}  // namespace mycelium::msgpack
