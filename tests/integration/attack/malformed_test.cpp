// Malformed: bytes that break the protocol cost their sender its link and nobody else anything.
#include <algorithm>
#include <random>
#include <stdexcept>
#include <thread>

#include "attacked.h"
#include "core/wire/frame.h"
#include "core/wire/header.h"
#include "core/wire/notices.h"

namespace mycelium::attack {
namespace {

MYCELIUM_ATTACK_SUITE_EVERYWHERE(MalformedHello);
MYCELIUM_ATTACK_SUITE(Malformed);

Buffer bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

Buffer control(std::string_view payload) {
    return frame_of(bytes_of(payload), flag_control | flag_unchecked);
}

/// A header whose fields are all right but for what `spoil` does to it.
template <class Spoil>
Buffer spoilt_header(Spoil spoil) {
    Header header;
    header.flags = flag_unchecked;
    spoil(header);
    Buffer frame(header_bytes);
    wire::encode_header(header, std::span<std::byte, header_bytes>{frame});
    return frame;
}

std::vector<std::pair<std::string, Buffer>> bad_first_bytes() {
    std::mt19937 random{1};
    Buffer noise(4096);
    for (auto& byte : noise) byte = static_cast<std::byte>(random());
    Buffer wrong_magic = spoilt_header([](Header&) {});
    wrong_magic[0] = std::byte{0};
    Buffer valid = hello_frame(hello_of(Pattern::subscriber, schema_of<Tick>()));
    Buffer wrong_checksum = valid;
    wrong_checksum[7] = std::byte{flag_control};  // claims a checksum
    wrong_checksum[28] = std::byte{1};
    const std::string deep = std::string(70'000, '\x91');
    wire::Hello long_description = hello_of(Pattern::subscriber, schema_of<Tick>());
    long_description.type.description = std::string(limits::description_bytes_max + 1, 'd');
    long_description.type.fingerprint = 1;
    return {
        {"noise", noise},
        {"a request of another protocol",
         bytes_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n      ")},
        {"wrong magic", wrong_magic},
        {"wrong version", spoilt_header([](Header& h) { h.version = 2; })},
        {"a reserved flag", spoilt_header([](Header& h) { h.flags |= flag_compressed; })},
        {"an unknown flag", spoilt_header([](Header& h) { h.flags |= 0x80; })},
        {"a payload over the ceiling",
         spoilt_header([](Header& h) { h.payload_size = UINT32_MAX; })},
        {"a wrong checksum", wrong_checksum},
        {"an empty control message", control("")},
        {"MessagePack that ends early", control("\x85\xa7version")},
        {"a number for a message", control("\x01")},
        {"a map that claims four billion entries", control("\xdf\xff\xff\xff\xff")},
        {"deep nesting", control(deep)},
        {"JSON that ends early", control("{\"version\":1,")},
        {"a hello without content",
         control("\x84\xa7version\x01\xa4type\xa7request\xa2id\x01\xa6method\xaemycelium.hello")},
        {"a hello over its limit",
         [] {
             wire::FastMessage message;
             const Buffer filler(limits::control_bytes_max);
             message.id = 1;
             message.method = wire::method_hello;
             message.params = filler;
             return frame_of(wire::encode_fast_message(message), flag_control | flag_unchecked);
         }()},
        {"a node's name over its limit",
         [] {
             static_assert(300 > limits::node_name_bytes_max);
             const std::string map = std::string("\x82\xa4node\xda\x01\x2c", 8) +
                                     std::string(300, 'n') + "\xa7pattern\xaasubscriber";
             wire::FastMessage message;
             message.id = 1;
             message.method = wire::method_hello;
             message.params = std::as_bytes(std::span{map});
             return frame_of(wire::encode_fast_message(message), flag_control | flag_unchecked);
         }()},
        {"a description over its limit", hello_frame(long_description)},
        {"a hello of the same side", hello_frame(hello_of(Pattern::publisher, schema_of<Tick>()))},
        {"a hello of another pattern",
         hello_frame(hello_of(Pattern::requester, schema_of<Tick>()))},
        {"a hello of another type", hello_frame(hello_of(Pattern::subscriber, schema_of<Order>()))},
        {"data where a reader is expected", frame_of(bytes_of("x"))},
    };
}

TEST_P(MalformedHello, what_is_not_a_hello_is_answered_by_closing) {
    Healthy pair{GetParam()};
    for (const auto& [what, bytes] : bad_first_bytes()) {
        RawPeer peer = RawPeer::connect(pair.url());
        (void)peer.send(bytes);
        EXPECT_TRUE(peer.is_closed()) << what;
        pair.expect_well();
        EXPECT_EQ(pair.publisher().subscribers(), 1u) << what;
    }
}

TEST_P(MalformedHello, a_hello_cut_off_at_any_byte_is_let_go) {
    Healthy pair{GetParam()};
    const Buffer hello = hello_frame(hello_of(Pattern::subscriber, schema_of<Tick>()));
    const std::size_t before = open_descriptors();
    for (std::size_t size = 0; size < hello.size(); size += 1 + size / 16) {
        RawPeer peer = RawPeer::connect(pair.url());
        (void)peer.send(std::span{hello}.first(size));
        peer.finish();
        EXPECT_TRUE(peer.is_closed()) << size << " of " << hello.size() << " bytes";
    }
    pair.expect_well();
    EXPECT_TRUE(eventually([&] { return open_descriptors() <= before; }));
}

TEST_P(MalformedHello, a_hello_changed_at_random_does_no_harm) {
    Healthy pair{GetParam()};
    const Buffer hello = hello_frame(hello_of(Pattern::subscriber, schema_of<Tick>()));
    std::mt19937 random{20240607};
    for (int round = 0; round < (is_long() ? 5000 : 300); ++round) {
        Buffer changed = hello;
        for (std::size_t n = 1 + random() % 4; n > 0; --n)
            changed[random() % changed.size()] = static_cast<std::byte>(random());
        RawPeer peer = RawPeer::connect(pair.url());
        (void)peer.send(changed);
        peer.finish();
        EXPECT_TRUE(peer.is_closed()) << "round " << round;
        if (round % 50 == 0) pair.expect_well();
    }
    EXPECT_TRUE(eventually([&] { return pair.publisher().subscribers() == 1; }));
    pair.expect_well();
}

/// Connects as a publisher to a bound subscriber of T, and says hello.
template <class T>
RawPeer raw_publisher(const std::string& url) {
    RawPeer peer = RawPeer::connect(url);
    EXPECT_EQ(peer.introduce(hello_of(Pattern::publisher, schema_of<T>())), "");
    wire::Start start{77, 1};
    (void)peer.send(frame_of(wire::encode_start(start), flag_control | flag_unchecked));
    return peer;
}

TEST_P(Malformed, a_publisher_that_sends_broken_frames_loses_its_link_alone) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto subscriber =
        home.subscriber<Tick>(url, {.role = Role::bind, .message_bytes_max = 1 * MiB}).value();
    auto good = away.publisher<Tick>(url, {.role = Role::connect}).value();
    good.wait_for(1, patience).value();

    const Tick value = tick(1);
    const auto bytes = std::as_bytes(std::span{&value, 1});
    Buffer wrong_checksum = frame_of(bytes, 0, 1);
    wrong_checksum[40] ^= std::byte{1};
    Buffer cut_extension = frame_of(bytes_of("\xff\x7f"), flag_extended | flag_unchecked, 1);
    Buffer long_extension(limits::extension_bytes_max + 10);
    long_extension[0] = static_cast<std::byte>(long_extension.size() & 0xff);
    long_extension[1] = static_cast<std::byte>(long_extension.size() >> 8);
    const std::vector<std::pair<std::string, Buffer>> cases{
        {"noise", bytes_of("this is thirty-two bytes of text")},
        {"a wrong checksum", wrong_checksum},
        {"a payload over message_bytes_max", spoilt_header([](Header& h) {
             h.sequence = 1, h.payload_size = 1 * MiB + 2 * limits::extension_bytes_max;
         })},
        {"a payload of 4 GiB",
         spoilt_header([](Header& h) { h.sequence = 1, h.payload_size = UINT32_MAX; })},
        {"an extension that ends after the payload", cut_extension},
        {"an extension over its limit",
         frame_of(long_extension, flag_extended | flag_unchecked, 1)},
        {"a value of the wrong size", frame_of(bytes.first(5), flag_unchecked, 1)},
        {"a control message that is none", control("\xc1")},
    };
    for (const auto& [what, frame] : cases) {
        RawPeer bad = raw_publisher<Tick>(url);
        EXPECT_TRUE(eventually([&] { return subscriber.publishers() == 2; })) << what;
        ASSERT_TRUE(bad.send(frame)) << what;
        EXPECT_TRUE(eventually([&] {
            good.publish(value).value();
            const auto sample = subscriber.receive_for(patience);
            EXPECT_TRUE(sample.ok());
            return bad.is_closed(1ms);
        })) << what;
    }
    EXPECT_TRUE(eventually([&] {
        (void)subscriber.try_receive();
        return subscriber.publishers() == 1;
    }));
}

TEST_P(Malformed, values_that_do_not_decode_are_counted_and_cost_the_link) {
    Node home{quiet("home")};
    const std::string trades_url = new_url(GetParam()), orders_url = new_url(GetParam());
    auto trades = home.subscriber<Trade>(trades_url, {.role = Role::bind}).value();
    auto orders = home.subscriber<Order>(orders_url, {.role = Role::bind}).value();
    const auto expect_refused = [](auto& subscriber, RawPeer peer, std::string_view payload) {
        ASSERT_TRUE(peer.send(frame_of(bytes_of(payload), flag_unchecked, 1)));
        EXPECT_TRUE(eventually([&] {
            EXPECT_FALSE(subscriber.receive_for(5ms).ok());
            return peer.is_closed(1ms);
        }));
    };
    using namespace std::string_view_literals;
    for (const auto payload :
         {"\x01"sv, "\x01\x28short"sv, "\xff\x00\x01\xff\xff"sv, ""sv, "\x02\x01x"sv})
        expect_refused(trades, raw_publisher<Trade>(trades_url), payload);
    for (const auto payload :
         {"\x01"sv, "\xdf\xff\xff\xff\xff"sv, "\x81\x01\xd9\xff"sv,
          "\x81\x06\xdd\xff\xff\xff\xff"sv, "\x81\x02\xa1x"sv, "\x81\x01\xa1x trailing"sv})
        expect_refused(orders, raw_publisher<Order>(orders_url), payload);
    EXPECT_EQ(trades.counters().dropped[static_cast<std::size_t>(DropReason::malformed)], 5u);
    EXPECT_EQ(orders.counters().dropped[static_cast<std::size_t>(DropReason::malformed)], 6u);
}

TEST_P(Malformed, a_subscriber_that_lies_in_its_acknowledgements_spoils_no_balance) {
    Healthy pair{GetParam()};
    for (const std::uint64_t lie : {std::uint64_t{2}, std::uint64_t{1} << 40, UINT64_MAX}) {
        RawPeer peer = RawPeer::connect(pair.url());
        ASSERT_EQ(peer.introduce(hello_of(Pattern::subscriber, schema_of<Tick>())), "");
        EXPECT_TRUE(eventually([&] { return pair.publisher().subscribers() == 2; }));
        pair.expect_well();
        wire::Ack ack;
        ack.delivered = lie;
        ack.dropped.fill(lie);
        ASSERT_TRUE(peer.send(frame_of(wire::encode_ack(ack), flag_control | flag_unchecked)));
        EXPECT_TRUE(eventually([&] {
            pair.expect_well();
            const Counters counters = pair.publisher().counters();
            EXPECT_LE(counters.delivered + counters.dropped_total(), counters.sent);
            return peer.is_closed(1ms);
        })) << "a lie costs the link";
    }
    EXPECT_TRUE(eventually([&] { return pair.publisher().subscribers() == 1; }));
    expect_balanced(pair.publisher());
}

TEST_P(Malformed, notices_that_make_no_sense_do_no_harm) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto subscriber = home.subscriber<Tick>(url, {.role = Role::bind}).value();
    auto good = away.publisher<Tick>(url, {.role = Role::connect}).value();
    good.wait_for(1, patience).value();
    wire::Gap gap;
    gap.dropped.by_reason.fill(UINT64_MAX / 2);
    gap.next_sequence = UINT64_MAX;
    const std::vector<std::vector<std::byte>> notices{wire::encode_gap(gap),
                                                      wire::encode_start({0, 0}),
                                                      wire::encode_start({1, UINT64_MAX}),
                                                      wire::encode_port_added({UINT32_MAX}),
                                                      wire::encode_bye(),
                                                      wire::encode_ack({})};
    for (const auto& notice : notices) {
        RawPeer bad = raw_publisher<Tick>(url);
        (void)bad.send(frame_of(notice, flag_control | flag_unchecked));
        (void)bad.send(frame_of(std::as_bytes(std::span{"x"}), flag_unchecked, UINT64_MAX));
        for (std::uint64_t i = 0; i < 20; ++i) {
            good.publish(tick(i)).value();
            EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(i));
        }
    }
    EXPECT_TRUE(eventually([&] {
        (void)subscriber.try_receive();
        return subscriber.publishers() == 1;
    }));
}

TEST_P(Malformed, calls_from_a_peer_that_breaks_the_rules_do_not_disturb_others) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto replier = home.replier<Bytes, Bytes>(url).value();
    auto requester = away.requester<Bytes, Bytes>(url).value();
    std::thread serving{
        [&] { (void)replier.serve([](const Bytes& question) { return question; }); }};
    const wire::Hello hello = hello_of(Pattern::requester, schema_of<Bytes>(), schema_of<Bytes>());
    CallInfo call;
    call.kind = CallKind::request;
    std::mt19937 random{7};
    for (int round = 0; round < (is_long() ? 3000 : 200); ++round) {
        RawPeer peer = RawPeer::connect(url);
        if (round % 2 == 0) {
            ASSERT_EQ(peer.introduce(hello), "");
        }
        Buffer payload(random() % 64);
        for (auto& byte : payload) byte = static_cast<std::byte>(random() % 24);
        if (payload.size() > 2 && round % 3 == 0)
            payload[0] = static_cast<std::byte>(payload.size()), payload[1] = std::byte{0};
        const auto flags = static_cast<std::uint8_t>(flag_unchecked |
                                                     (random() % 2 ? flag_extended : flag_control));
        (void)peer.send(frame_of(payload, flags, round));
        peer.finish();
        EXPECT_TRUE(peer.is_closed()) << "round " << round;
    }
    EXPECT_EQ(requester.call(Bytes::copy_of("still there?"), patience).value()->text(),
              "still there?");
    home.stop();
    serving.join();
}

}  // namespace
}  // namespace mycelium::attack
