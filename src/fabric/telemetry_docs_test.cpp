// docs/formats/telemetry.md shows what the code writes.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/wire/hex_for_tests.h"
#include "fabric/seen_node.h"
#include "host/memory/telemetry.h"

namespace mycelium::fabric {
namespace {

using memory::telemetry::Segment;

std::map<std::string, std::string> dumps_in_document() {
    std::ifstream document{MYCELIUM_SOURCE_DIR "/docs/formats/telemetry.md"};
    static constexpr std::string_view mark = "<!-- dump: ";
    std::map<std::string, std::string> dumps;
    std::string title;
    bool is_inside = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with(mark))
            title = line.substr(mark.size(), line.find(" -->") - mark.size());
        if (line.starts_with("```")) is_inside = line == "```hex";
        if (is_inside && !line.starts_with("```")) dumps[title] += line.substr(0, line.find("  "));
    }
    return dumps;
}

/// The document's node.
struct Documented {
    Documented() {
        memory::NodeFacts facts;
        facts.name = "greenhouse";
        for (std::size_t i = 0; i < facts.id.size(); ++i)
            facts.id[i] = static_cast<std::uint8_t>(i);
        facts.pid = 1234;
        facts.start_ticks = 56789;
        facts.started_at_ns = 1'700'000'000'000'000'000;
        telemetry = memory::Telemetry::create(facts);
        port = telemetry->open_port({.number = 1});
        link = telemetry->open_link({.port = 1});
        link->writing.sent = 3;
        link->writing.bytes = 72;
        link->writing.left = 2;
        link->writing.queued_messages = 1;
        link->writing.queued_bytes = 56;
        link->writing.last_sequence = 3;
        link->writing.last_timestamp = 1'700'000'000'000'000'500;
        link->writing.version = 8;
        link->settled.version = 2;
        link->settled.delivered = 1;
        link->settled.finished = 1;
    }
    std::span<const std::byte> bytes(std::size_t offset, std::size_t size) const {
        return {reinterpret_cast<const std::byte*>(port.get()) - offsetof(Segment, ports) + offset,
                size};
    }
    std::shared_ptr<memory::Telemetry> telemetry;
    std::shared_ptr<memory::PortCell> port;
    std::shared_ptr<memory::LinkCell> link;
};

TEST(TelemetryDocs, every_dump_is_what_the_code_writes) {
    const Documented node;
    constexpr std::size_t writing = offsetof(Segment, links) + offsetof(memory::LinkCell, writing);
    constexpr std::size_t settled = offsetof(Segment, links) + offsetof(memory::LinkCell, settled);
    auto dumps = dumps_in_document();
    const auto expect_same = [&](const std::string& name, std::span<const std::byte> bytes) {
        EXPECT_EQ(wire::to_hex(wire::from_hex(dumps[name])), wire::to_hex(bytes)) << name;
    };
    expect_same("head", node.bytes(0, 144));
    expect_same("writing", node.bytes(writing, 64));
    expect_same("settled", node.bytes(settled, 24));
    EXPECT_EQ(dumps.size(), 3u);
    const SeenNode seen = read_node(node.bytes(0, sizeof(Segment))).value();
    EXPECT_EQ(seen.ports.at(0).links.at(0).imbalance(), 0);
}

}  // namespace
}  // namespace mycelium::fabric
