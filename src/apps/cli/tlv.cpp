#include "apps/cli/tlv.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include <mycelium/codec.h>
#include <mycelium/tlv.h>

#include "apps/cli/input.h"
#include "apps/cli/members.h"
#include "apps/cli/output.h"
#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "core/codec/description.h"
#include "core/wire/header.h"

namespace mycelium::cli {

/// A message as JSON says it. Nothing has a default: what is left out is missed.
struct TlvForm {
    std::optional<std::uint8_t> type;
    std::optional<std::string> hex;
    std::optional<bool>
        extended;  // the one that may be left out: the longer head where the short one would do
};
MYCELIUM_FIELDS(TlvForm, (1, type), (2, hex), (3, extended));

struct MessageForm {
    std::optional<std::uint8_t> relay_domain;
    std::optional<std::uint8_t> version;
    std::optional<std::uint8_t> source;
    std::optional<std::uint8_t> flags;
    std::optional<std::uint64_t> sequence;
    std::optional<std::uint64_t> timestamp;
    std::optional<std::vector<TlvForm>> tlvs;
};
MYCELIUM_FIELDS(MessageForm, (1, relay_domain), (2, version), (3, source), (4, flags),
                (5, sequence), (6, timestamp), (7, tlvs));

namespace {

constexpr std::uint8_t trade_type = 1;
constexpr std::array magic{std::byte{0xef}, std::byte{0xbe}, std::byte{0xad}, std::byte{0xde}};

/// What decode_message() adds.
constexpr std::array<ExtraMember, 4> added_members{{{"MessageForm", "payload_size"},
                                                    {"MessageForm", "checksum"},
                                                    {"MessageForm", "checksum_ok"},
                                                    {"TlvForm", "trade"}}};

// ---- JSON into bytes

template <class Value>
Result<Value> given(std::optional<Value>& value, const std::string& name) {
    if (value) return *std::move(value);
    return Error{Errc::malformed, "'" + name + "' is missing"};
}

int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Result<std::vector<std::byte>> bytes_of_hex(std::string_view hex) {
    if (hex.size() % 2 != 0)
        return Error{Errc::malformed, std::to_string(hex.size()) + " hex digits: two make a byte"};
    std::vector<std::byte> bytes(hex.size() / 2);
    for (std::size_t index = 0; index < hex.size(); ++index) {
        const int digit = digit_of(hex[index]);
        if (digit < 0)
            return Error{Errc::malformed,
                         "character " + std::to_string(index) + " is not a hex digit"};
        bytes[index / 2] |= static_cast<std::byte>(index % 2 == 0 ? digit << 4 : digit);
    }
    return bytes;
}

Result<void> add(std::vector<std::byte>& payload, TlvForm& form, std::size_t index) {
    const std::string place = "tlvs[" + std::to_string(index) + "]";
    MYCELIUM_TRY_ASSIGN(const std::uint8_t type, given(form.type, place + ".type"));
    MYCELIUM_TRY_ASSIGN(const std::string hex, given(form.hex, place + ".hex"));
    auto value = bytes_of_hex(hex);
    if (!value) return std::move(value).error().context("'" + place + ".hex'");
    if (value->size() > tlv::value_bytes_max)
        return Error{Errc::malformed, "'" + place + ".hex': " + std::to_string(value->size()) +
                                          " bytes: a TLV holds at most " +
                                          std::to_string(tlv::value_bytes_max)};
    const std::array longer_head{std::byte{tlv::extended_marker}, std::byte{0}, std::byte{type},
                                 static_cast<std::byte>(value->size()),
                                 static_cast<std::byte>(value->size() >> 8)};
    std::array<std::byte, tlv::extended_head_bytes> head = longer_head;
    std::size_t head_size = head.size();
    if (!form.extended.value_or(false)) {
        head_size = tlv::head_bytes(type, value->size());
        tlv::write_head(head.data(), type, value->size());
    }
    payload.insert(payload.end(), head.begin(),
                   head.begin() + static_cast<std::ptrdiff_t>(head_size));
    payload.insert(payload.end(), value->begin(), value->end());
    return {};
}

Result<Header> header_of(MessageForm& form) {
    Header header;
    MYCELIUM_TRY_ASSIGN(header.relay_domain, given(form.relay_domain, "relay_domain"));
    MYCELIUM_TRY_ASSIGN(header.version, given(form.version, "version"));
    MYCELIUM_TRY_ASSIGN(header.source, given(form.source, "source"));
    MYCELIUM_TRY_ASSIGN(header.flags, given(form.flags, "flags"));
    MYCELIUM_TRY_ASSIGN(header.sequence, given(form.sequence, "sequence"));
    MYCELIUM_TRY_ASSIGN(header.timestamp, given(form.timestamp, "timestamp"));
    return header;
}

// ---- Bytes into JSON

Error at_byte(std::size_t position, const std::string& reason) {
    return {Errc::malformed, "byte " + std::to_string(position) + ": " + reason};
}

std::string hex_of(std::uint32_t number) {
    std::array<char, 11> text{};
    std::snprintf(text.data(), text.size(), "0x%08x", number);
    return text.data();
}

void append_hex(std::string& text, std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<std::size_t>(byte >> 4)];
        text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
}

/// The header of exactly one message.
Result<Header> read_header(std::span<const std::byte> message) {
    if (message.empty())
        return Error{Errc::malformed,
                     "byte 0: the input is empty, a message has at least 32 bytes"};
    // A wrong beginning says more than a short one.
    if (message.size() >= magic.size() && !std::ranges::equal(message.first(magic.size()), magic))
        return at_byte(0, "no message: it begins with the magic ef be ad de");
    if (message.size() < header_bytes)
        return at_byte(message.size(), "the input ends within the header, which has 32 bytes");
    Header header;
    if (!wire::decode_header_raw(message.first<header_bytes>(), header))
        return at_byte(0, "no message: it begins with the magic ef be ad de");
    const std::size_t follow = message.size() - header_bytes;
    if (follow < header.payload_size)
        return at_byte(24, "payload_size is " + std::to_string(header.payload_size) +
                               ", but only " + std::to_string(follow) + " bytes follow the header");
    if (follow > header.payload_size)
        return at_byte(
            header_bytes + header.payload_size,
            std::to_string(follow - header.payload_size) + " bytes too many follow the message");
    return header;
}

/// {"type":…,"hex":"…"} and what is inside, if it is known here.
Result<std::string> json_of(const tlv::Tlv& tlv) {
    std::string json = "{\"type\":" + std::to_string(tlv.type) + ",\"hex\":\"";
    append_hex(json, tlv.value);
    json += "\"";
    // Said only where encode would choose the other form, so that encode gives these very bytes
    // again.
    const bool usually_extended =
        tlv::head_bytes(tlv.type, tlv.value.size()) == tlv::extended_head_bytes;
    if (tlv.is_extended != usually_extended) json += ",\"extended\":true";
    if (tlv.type == trade_type) {
        std::vector<std::byte> payload(tlv::head_bytes(tlv.type, tlv.value.size()));
        if (tlv.value.size() != codec::Packed<tlv::Trade>::size)
            return at_byte(header_bytes + tlv.position, "a trade (type 1) has 40 bytes, this one " +
                                                            std::to_string(tlv.value.size()));
        tlv::write_head(payload.data(), tlv.type, tlv.value.size());
        payload.insert(payload.end(), tlv.value.begin(), tlv.value.end());
        MYCELIUM_TRY_ASSIGN(const std::string trade,
                            codec::json_from_bytes(schema_of<tlv::Trade>().description, payload));
        json += ",\"trade\":" + trade;
    }
    return json + "}";
}

Result<std::string> json_of_payload(std::span<const std::byte> payload) {
    std::string json = "[";
    for (tlv::Reader reader{payload};;) {
        auto next = reader.next();
        if (!next)
            return std::move(next).error().context("in the payload, which begins at byte 32");
        if (!*next) return json + "]";
        MYCELIUM_TRY_ASSIGN(const std::string tlv, json_of(**next));
        if (json.size() > 1) json += ",";
        json += tlv;
    }
}

Result<Bytes> whole_input(std::uint64_t bytes_max) {
    auto input = read_input("-", bytes_max);
    if (!input && input.error() == Errc::overloaded)
        return Error{Errc::overloaded, "standard input is longer than " + text_of_size(bytes_max) +
                                           ": give it one message, which is shorter"};
    return input;
}

Result<void> convert(const TlvOptions& options) {
    Output output;
    if (options.direction == TlvOptions::Direction::encode) {
        MYCELIUM_TRY_ASSIGN(const Bytes json, whole_input(limits::json_bytes_max));
        MYCELIUM_TRY_ASSIGN(const std::vector<std::byte> message, encode_message(json.text()));
        MYCELIUM_TRY(output.write(message));
    } else {
        MYCELIUM_TRY_ASSIGN(const Bytes message, whole_input(limits::message_bytes_max));
        MYCELIUM_TRY_ASSIGN(const std::string json,
                            decode_message(message.span(), options.is_forced));
        MYCELIUM_TRY(output.write(json));
        MYCELIUM_TRY(output.write("\n"));
    }
    return output.flush();
}

}  // namespace

Result<std::vector<std::byte>> encode_message(std::string_view json) {
    MYCELIUM_TRY_ASSIGN(MessageForm form, from_json<MessageForm>(json));
    MYCELIUM_TRY(check_members(json, schema_of<MessageForm>().description, added_members));
    MYCELIUM_TRY_ASSIGN(Header header, header_of(form));
    MYCELIUM_TRY_ASSIGN(std::vector<TlvForm> tlvs, given(form.tlvs, "tlvs"));
    if (tlvs.size() > limits::tlv_count_max)
        return Error{Errc::malformed, "'tlvs': more than " + std::to_string(limits::tlv_count_max)};
    std::vector<std::byte> payload;
    for (std::size_t index = 0; index < tlvs.size(); ++index)
        MYCELIUM_TRY(add(payload, tlvs[index], index));

    std::vector<std::byte> message(header_bytes);
    const std::span<std::byte, header_bytes> head{message.data(), header_bytes};
    header.payload_size = static_cast<std::uint32_t>(payload.size());
    wire::encode_header(header, head);
    header.checksum = wire::checksum_of(head, payload);
    wire::encode_header(header, head);
    message.insert(message.end(), payload.begin(), payload.end());
    return message;
}

Result<std::string> decode_message(std::span<const std::byte> message, bool is_forced) {
    MYCELIUM_TRY_ASSIGN(const Header header, read_header(message));
    const auto payload = message.subspan(header_bytes);
    const std::uint32_t computed = wire::checksum_of(message.first<header_bytes>(), payload);
    // An unchecked message says so by a flag and has 0 in the checksum's place.
    const bool is_unchecked = (header.flags & flag_unchecked) != 0 && header.checksum == 0;
    const bool is_right = header.checksum == computed || is_unchecked;
    if (!is_right && !is_forced)
        return at_byte(28, "the checksum is " + hex_of(header.checksum) + ", the message's is " +
                               hex_of(computed) + ": --force shows it nevertheless");
    MYCELIUM_TRY_ASSIGN(const std::string tlvs, json_of_payload(payload));

    const std::pair<std::string_view, std::uint64_t> numbers[] = {
        {"relay_domain", header.relay_domain},
        {"version", header.version},
        {"source", header.source},
        {"flags", header.flags},
        {"sequence", header.sequence},
        {"timestamp", header.timestamp},
        {"payload_size", header.payload_size},
        {"checksum", header.checksum}};
    std::string json = "{";
    for (const auto& [name, value] : numbers)
        json.append("\"").append(name).append("\":").append(std::to_string(value)).append(",");
    json.append("\"checksum_ok\":").append(is_right ? "true" : "false");
    return json.append(",\"tlvs\":").append(tlvs).append("}");
}

int run_tlv(const TlvOptions& options) {
    const bool is_encode = options.direction == TlvOptions::Direction::encode;
    const auto converted = convert(options);
    return converted ? exit_success
                     : fail(is_encode ? "tlv encode" : "tlv decode", converted.error());
}

}  // namespace mycelium::cli
