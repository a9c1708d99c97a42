// Makes every hex dump of docs/formats/wire.md and control.md anew and compares.
#include <gtest/gtest.h>

#include <mycelium/msgpack.h>

#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/endian.h"
#include "core/wire/error_info.h"
#include "core/wire/extension.h"
#include "core/wire/fast_message.h"
#include "core/wire/frame.h"
#include "core/wire/hello.h"
#include "core/wire/hex_for_tests.h"
#include "core/wire/notices.h"

namespace mycelium::wire {
namespace {

using Bytes = std::vector<std::byte>;
using Dumps = std::map<std::string, Bytes>;

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t timestamp = 1'700'000'000 * second;
constexpr std::uint64_t epoch = 0x0123456789abcdef;

Bytes message(Header header, const Bytes& payload, bool is_checked = false) {
    header.timestamp = timestamp;
    Bytes bytes(header_bytes);
    encode_frame(header, is_checked, payload, {}, std::span{bytes}.first<header_bytes>());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

Header numbered(std::uint64_t sequence) {
    Header header;
    header.sequence = sequence;
    return header;
}

Header flagged(Flag flag) {
    Header header;
    header.flags = flag;
    return header;
}

Bytes control(const Bytes& payload) { return message(flagged(flag_control), payload); }
Bytes control(const FastMessage& content) { return control(encode_fast_message(content)); }

template <class T>
void put(Bytes& out, T value) {
    Bytes bytes(sizeof value);
    base::store_little(bytes.data(), value);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

Bytes trade() {
    Bytes tlv;
    put<std::uint8_t>(tlv, 1);
    put<std::uint8_t>(tlv, 40);
    put<std::uint64_t>(tlv, 7);
    put<std::uint64_t>(tlv, 6'500'012'345'678);
    put<std::uint64_t>(tlv, 25'000'000);
    put<std::uint64_t>(tlv, timestamp - second / 1000);
    put<std::uint16_t>(tlv, 2);
    tlv.insert(tlv.end(), {std::byte{1}, {}, std::byte{1}, {}, {}, {}});
    Header header = numbered(7);
    header.relay_domain = 1;
    header.source = 3;
    EXPECT_TRUE(must_check(header, false));
    return message(header, tlv, true);
}

Bytes relayed() {
    const Origin origin{epoch, 7, timestamp - second / 20'000, 0};
    Bytes payload(extension_size({}, origin));
    encode_extension({}, origin, payload);
    const Bytes tlv = bytes_of("\x01\x02hi");
    payload.insert(payload.end(), tlv.begin(), tlv.end());
    Header header = numbered(12);
    header.relay_domain = 1;
    header.source = 3;
    header.flags = flag_extended;
    return message(header, payload, true);
}

Bytes native_call(const CallInfo& call, std::string_view content) {
    Bytes payload(extension_size(call));
    encode_extension(call, payload);
    const Bytes rest = bytes_of(content);
    payload.insert(payload.end(), rest.begin(), rest.end());
    return message(flagged(flag_extended), payload);
}

Bytes native_request() {
    CallInfo call;
    call.kind = CallKind::request;
    call.id = 7;
    call.budget = std::chrono::milliseconds{200};
    call.method = "echo";
    return native_call(call, "hello");
}

Bytes native_answer() {
    CallInfo call;
    call.kind = CallKind::answer;
    call.id = 7;
    return native_call(call, "hello");
}

Bytes plain_request(bool is_json) {
    const Bytes params = bytes_of("hello");
    FastMessage request;
    request.is_json = is_json;
    request.id = 7;
    request.method = "echo";
    request.params = params;
    return control(request);
}

Bytes plain_answer(bool is_json) {
    const Bytes result = bytes_of("hello");
    FastMessage answer;
    answer.is_json = is_json;
    answer.type = FastMessage::Type::response;
    answer.id = 7;
    answer.result = result;
    return control(answer);
}

Bytes error_answer(std::uint64_t id, const Error& error) {
    FastMessage answer;
    answer.type = FastMessage::Type::response;
    answer.id = id;
    answer.error = error_info_of(error);
    return control(answer);
}

Bytes hello_of_a_stranger() {
    msgpack::Builder params;
    params.map(2);
    params.string("pattern");
    params.string("subscriber");
    params.string("node");
    params.string("stranger");
    EXPECT_EQ(decode_hello(params.bytes()).value().node, "stranger");
    FastMessage request;
    request.id = 1;
    request.method = method_hello;
    request.params = params.bytes();
    return control(request);
}

Bytes hello_of_a_publisher() {
    Hello hello;
    hello.pattern = Pattern::publisher;
    hello.node = "thermometer";
    for (std::size_t i = 0; i < 16; ++i) hello.node_id[i] = static_cast<std::uint8_t>(i);
    hello.port = 1;
    hello.epoch = epoch;
    hello.next_sequence = 42;
    hello.pid = 4711;
    hello.type.form = Form::bytes;
    hello.type.name = "Bytes";
    hello.message_bytes_max = 64 * MiB;
    hello.ports = {1};
    const Bytes result = encode_hello(hello);
    FastMessage answer;
    answer.type = FastMessage::Type::response;
    answer.id = 1;
    answer.result = result;
    return control(answer);
}

Gap gap() {
    Gap gap;
    gap.next_sequence = 46;
    gap.dropped.add(DropReason::queue_full, 3);
    return gap;
}

Ack ack() {
    Ack ack;
    ack.delivered = 1;
    ack.dropped[static_cast<std::size_t>(DropReason::malformed)] = 1;
    ack.finished = 2;
    return ack;
}

Dumps made_now() {
    return {
        {"plain", message(numbered(1), bytes_of("21.5"))},
        {"checked", message(numbered(1), bytes_of("21.5"), true)},
        {"trade", trade()},
        {"origin", relayed()},
        {"request", native_request()},
        {"answer", native_answer()},
        {"call", plain_request(false)},
        {"call-answer", plain_answer(false)},
        {"call-error", error_answer(7, {Errc::failed, "no such zone", 404})},
        {"json-call", plain_request(true)},
        {"json-answer", plain_answer(true)},
        {"hello", hello_of_a_stranger()},
        {"hello-answer", hello_of_a_publisher()},
        {"hello-refused", error_answer(1, {Errc::mismatch, "message: ours is raw bytes"})},
        {"start", control(encode_start({epoch, 42}))},
        {"gap", control(encode_gap(gap()))},
        {"ack", control(encode_ack(ack()))},
        {"bye", control(encode_bye())},
        {"port", control(encode_port_added({2}))},
    };
}

/// Bytes up to the two spaces before a line's remark.
Bytes bytes_of_line(const std::string& line) { return from_hex(line.substr(0, line.find("  "))); }

/// Every block ```hex of the document, by the name in the comment before it.
Dumps dumps_in(const std::string& name) {
    std::ifstream document{MYCELIUM_SOURCE_DIR "/docs/formats/" + name};
    EXPECT_TRUE(document) << name;
    static constexpr std::string_view mark = "<!-- dump: ";
    Dumps dumps;
    std::string title;
    bool is_inside = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with(mark)) {
            title = line.substr(mark.size(), line.find(" -->") - mark.size());
        } else if (line == "```hex") {
            EXPECT_FALSE(title.empty()) << name << ": a dump without a name";
            EXPECT_TRUE(dumps.try_emplace(title).second) << title << " stands twice";
            is_inside = true;
        } else if (line.starts_with("```")) {
            is_inside = false;
        } else if (is_inside) {
            const Bytes bytes = bytes_of_line(line);
            dumps[title].insert(dumps[title].end(), bytes.begin(), bytes.end());
        }
    }
    return dumps;
}

TEST(FormatDocs, every_dump_is_what_the_code_writes) {
    const Dumps made = made_now();
    Dumps written = dumps_in("wire.md");
    written.merge(dumps_in("control.md"));
    for (const auto& [name, bytes] : written) {
        const auto same = made.find(name);
        ASSERT_NE(same, made.end()) << name << " is not made by this test";
        EXPECT_EQ(to_hex(bytes), to_hex(same->second)) << name;
    }
    EXPECT_EQ(written.size(), made.size()) << "a dump is missing from the documents";
}

TEST(FormatDocs, every_dump_is_a_message_that_a_reader_accepts) {
    for (const auto& [name, bytes] : made_now()) {
        FrameReader reader{1000};
        std::span<const std::byte> received{bytes};
        const auto frame = reader.next(received);
        ASSERT_TRUE(frame) << name << ": " << frame.error().message();
        ASSERT_TRUE(*frame) << name;
        if (((*frame)->header.flags & flag_control) == 0) continue;
        const auto decoded = decode_fast_message((*frame)->payload);
        EXPECT_TRUE(decoded) << name << ": " << decoded.error().message();
    }
}

}  // namespace
}  // namespace mycelium::wire
