// docs/formats/shared-memory.md shows what the code writes.
#include <gtest/gtest.h>
#include <mycelium/limits.h>

#include <bit>
#include <fstream>
#include <sstream>
#include <string>

#include "base/endian.h"
#include "core/wire/header.h"
#include "host/memory/log_writer.h"
#include "host/memory/subscription.h"
#include "host/transport/reference.h"

namespace mycelium::transport {
namespace {

/// The hex digits of the document's dump, without what stands behind them.
std::string dump_in_document() {
    std::ifstream document{std::string{MYCELIUM_SOURCE_DIR} + "/docs/formats/shared-memory.md"};
    std::string line, digits;
    bool is_inside = false;
    while (std::getline(document, line)) {
        if (line.starts_with("```")) is_inside = line == "```hex";
        if (!is_inside || line.starts_with("```")) continue;
        for (const char c : line.substr(0, line.find("  ")))
            if (c != ' ') digits += c;
    }
    return digits;
}

std::string hex_of(std::span<const std::byte> bytes) {
    static constexpr char digit[] = "0123456789abcdef";
    std::string hex;
    for (const std::byte byte : bytes) {
        hex += digit[std::to_integer<unsigned>(byte) >> 4];
        hex += digit[std::to_integer<unsigned>(byte) & 15];
    }
    return hex;
}

TEST(SharedMemoryDocs, the_dump_is_what_the_code_writes) {
    memory::LogHeader identity;
    identity.epoch = 7;
    identity.port = 1;
    identity.pid = 1234;
    for (std::size_t i = 0; i < 16; ++i) identity.node_id[i] = static_cast<std::uint8_t>(i);
    auto log = memory::LogWriter::create(limits::log_bytes, identity).value();
    std::array<std::byte, 16> payload{};
    base::store_little(&payload[0], std::uint64_t{1});
    base::store_little(&payload[8], std::bit_cast<std::uint64_t>(21.5));
    Header header;
    header.sequence = 1;
    header.timestamp = 1'700'000'000'000'000'000;
    header.flags = flag_unchecked;
    header.payload_size = payload.size();
    log.begin(0, memory::record_bytes(payload.size()), 0);
    log.append(wire::header_words(header), payload, {});
    log.commit();
    const auto all = log.memory().span();
    const std::string written =
        hex_of(all.first(64)) + hex_of(all.subspan(memory::log_data_offset, 64 + 16));
    EXPECT_EQ(dump_in_document(), written);
}

TEST(SharedMemoryDocs, the_offsets_are_those_of_the_code) {
    using memory::SubscriptionLayout;
    EXPECT_EQ(memory::log_data_offset, 320u);
    EXPECT_EQ(offsetof(SubscriptionLayout, head), 64u);
    EXPECT_EQ(offsetof(SubscriptionLayout, slots), 128u);
    EXPECT_EQ(offsetof(SubscriptionLayout, reader_sleeps), 384u);
    EXPECT_EQ(offsetof(SubscriptionLayout, writer_sleeps), 448u);
    EXPECT_EQ(offsetof(SubscriptionLayout, is_reader_reachable), 512u);
    EXPECT_EQ(offsetof(SubscriptionLayout, settled), 576u);
    EXPECT_EQ(offsetof(SubscriptionLayout, dropped), 640u);
    EXPECT_EQ(offsetof(SubscriptionLayout, released), 768u);
    EXPECT_EQ(offsetof(SubscriptionLayout, ring), 832u);
    EXPECT_EQ(offsetof(memory::LogMetadata, gate), 64u);
    EXPECT_EQ(Reference::bytes, 32u);
}

}  // namespace
}  // namespace mycelium::transport
