#include "core/wire/header.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "core/wire/hex_for_tests.h"

namespace mycelium::wire {
namespace {

using Encoded = std::array<std::byte, header_bytes>;

Encoded encoded(const Header& header) {
    Encoded bytes{};
    encode_header(header, bytes);
    return bytes;
}

Header sample() {
    Header header;
    header.relay_domain = 1;
    header.source = 3;
    header.flags = flag_extended | flag_unchecked;
    header.sequence = 0x0102030405060708;
    header.timestamp = 0x1112131415161718;
    header.payload_size = 0x21222324;
    header.checksum = 0x31323334;
    return header;
}

TEST(Header, the_layout_is_little_endian_at_fixed_places) {
    EXPECT_EQ(to_hex(encoded(sample())),
              "ef be ad de 01 01 03 0a 08 07 06 05 04 03 02 01 "
              "18 17 16 15 14 13 12 11 24 23 22 21 34 33 32 31");
}

TEST(Header, decoding_gives_back_what_was_encoded) {
    std::mt19937_64 random{1};
    for (int i = 0; i < 1000; ++i) {
        Header header;
        header.relay_domain = static_cast<std::uint8_t>(random());
        header.source = static_cast<std::uint8_t>(random());
        header.flags = static_cast<std::uint8_t>(random() & 0x0e);
        header.sequence = random();
        header.timestamp = random();
        header.payload_size = static_cast<std::uint32_t>(random());
        header.checksum = static_cast<std::uint32_t>(random());
        EXPECT_EQ(decode_header(encoded(header)).value(), header);
    }
}

TEST(Header, a_damaged_byte_of_the_magic_is_refused) {
    for (std::size_t i = 0; i < 4; ++i) {
        Encoded bytes = encoded(sample());
        bytes[i] ^= std::byte{1};
        const auto header = decode_header(bytes);
        ASSERT_FALSE(header);
        EXPECT_TRUE(header.error() == Errc::malformed);
        EXPECT_NE(header.error().message().find("magic at byte 0"), std::string::npos);
        Header raw;
        EXPECT_FALSE(decode_header_raw(bytes, raw));
    }
}

TEST(Header, every_version_but_1_is_refused) {
    for (int version = 0; version < 256; ++version) {
        Header header = sample();
        header.version = static_cast<std::uint8_t>(version);
        EXPECT_EQ(decode_header(encoded(header)).ok(), version == 1) << version;
    }
}

TEST(Header, flags_that_are_not_known_are_refused_and_compressed_is_named) {
    for (int flags = 0; flags < 256; ++flags) {
        Header header = sample();
        header.flags = static_cast<std::uint8_t>(flags);
        EXPECT_EQ(decode_header(encoded(header)).ok(), (flags & ~0x0e) == 0) << flags;
        EXPECT_EQ(decode_header(encoded(header), stream_flags | flag_referenced).ok(),
                  (flags & ~0x1e) == 0)
            << flags;
    }
    Header header = sample();
    header.flags = flag_compressed;
    EXPECT_NE(decode_header(encoded(header)).error().message().find("compressed"),
              std::string::npos);
}

TEST(Header, the_raw_reading_judges_nothing_but_the_magic) {
    Header header = sample();
    header.version = 9;
    header.flags = 0xff;
    Header raw;
    EXPECT_TRUE(decode_header_raw(encoded(header), raw));
    EXPECT_EQ(raw, header);
}

// CRC-32 (IEEE), bit by bit: the oracle.
std::uint32_t slow_crc(std::span<const std::byte> bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const std::byte byte : bytes) {
        crc ^= static_cast<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    }
    return ~crc;
}

TEST(Checksum, it_is_the_crc_of_all_but_the_checksum_however_the_payload_is_cut) {
    const Encoded header = encoded(sample());
    const std::vector<std::byte> payload = bytes_of("123456789");
    std::vector<std::byte> whole(header.begin(), header.begin() + 28);
    whole.insert(whole.end(), payload.begin(), payload.end());
    const std::span<const std::byte> all{payload};
    for (std::size_t cut = 0; cut <= all.size(); ++cut)
        EXPECT_EQ(checksum_of(header, all.first(cut), all.subspan(cut)), slow_crc(whole));
}

TEST(Checksum, an_empty_payload_has_the_checksum_of_its_header) {
    const Encoded header = encoded(sample());
    EXPECT_EQ(checksum_of(header, {}), slow_crc(std::span{header}.first(28)));
}

}  // namespace
}  // namespace mycelium::wire
