// What is sent into a relay, or said to it, that nobody should: it costs whoever does it, and
// nobody else.
#include <mycelium/msgpack.h>

#include "attacked.h"
#include "base/endian.h"
#include "relay_parts.h"

namespace mycelium::attack {
namespace {

constexpr std::uint64_t relayed_bytes_max = 4 * MiB;

Buffer filled(std::size_t size, std::initializer_list<int> head) {
    Buffer bytes(size);
    std::size_t at = 0;
    for (const int byte : head) bytes[at++] = static_cast<std::byte>(byte);
    return bytes;
}

/// `count` TLVs without a value; number 1 with the short head, or with the extended one.
Buffer many(std::size_t count, bool is_extended) {
    Buffer bytes;
    for (std::size_t i = 0; i < count; ++i)
        append(bytes, is_extended ? filled(5, {255, 0, 1, 0, 0}) : filled(2, {1, 0}));
    return bytes;
}

/// Exactly `size` bytes: one small TLV, then as many of the largest as fit, then a short rest.
Buffer exactly(std::size_t size) {
    Buffer bytes;
    while (size - bytes.size() > 2 * 65'540) append(bytes, filled(65'540, {255, 0, 1, 0xff, 0xff}));
    while (size - bytes.size() > 600) append(bytes, filled(257, {1, 255}));
    const std::size_t half = (size - bytes.size()) / 2, rest = size - bytes.size() - half;
    for (const std::size_t part : {half, rest}) {
        const std::size_t length = part - 5;
        append(bytes, filled(part, {255, 0, 1, static_cast<int>(length & 0xff),
                                    static_cast<int>(length >> 8)}));
    }
    return bytes;
}

/// A relay, and a publisher and a consumer that whatever happens must not concern.
class Relayed {
public:
    explicit Relayed(const std::string& scheme)
        : relay_(new_url(scheme), new_url(scheme), relayed_bytes_max) {
        messages_.wait_for(1, patience).value();
        consumer_.wait_for(1, patience).value();
        EXPECT_TRUE(eventually([&] { return relay_.counts().consumers == 1; }));
        expect_well();
    }
    RelayProcess& relay() { return relay_; }
    Publisher<Bytes>& publisher() { return messages_; }
    Subscriber<Bytes>& consumer() { return consumer_; }
    /// It arrives as it was.
    void expect_passes(const Buffer& bytes, std::uint64_t lost_before = 0) {
        messages_.publish(Bytes::copy_of(bytes)).value();
        const auto sample = consumer_.receive_for(patience);
        ASSERT_TRUE(sample.ok()) << sample.error().to_string();
        const auto got = (*sample)->span();
        EXPECT_TRUE(std::equal(got.begin(), got.end(), bytes.begin(), bytes.end()))
            << got.size() << " bytes of " << bytes.size();
        EXPECT_EQ(sample->missed().count(), lost_before);
        EXPECT_EQ(sample->missed().of(DropReason::upstream), lost_before);
        EXPECT_TRUE(sample->origin());
    }
    /// The relay counts a message once it has published it: the consumer may have it before.
    RelayCounts counts_with_forwarded(std::uint64_t count) {
        RelayCounts counts;
        eventually([&] { return (counts = relay_.counts()).forwarded >= count; });
        return counts;
    }
    void expect_well(std::uint64_t lost_before = 0) {
        expect_passes(filled(10, {1, 8, 42}), lost_before);
    }

private:
    static PublisherOptions dialling() {
        PublisherOptions options;
        options.role = Role::connect;
        options.block_max = patience;
        options.message_bytes_max = 2 * relayed_bytes_max;
        return options;
    }
    RelayProcess relay_;
    Node there_{quiet("there")}, here_{quiet("here")};
    Publisher<Bytes> messages_ = there_.publisher<Bytes>(relay_.in(), dialling()).value();
    Subscriber<Bytes> consumer_ = here_.subscriber<Bytes>(relay_.out()).value();
};

MYCELIUM_ATTACK_SUITE_EVERYWHERE(RelayFlooded);
MYCELIUM_ATTACK_SUITE(RelayLiedTo);

TEST_P(RelayFlooded, floods_of_tlvs_and_messages_of_every_length_pass_or_are_counted) {
    Relayed relayed{GetParam()};
    for (const bool is_extended : {false, true}) relayed.expect_passes(many(65'536, is_extended));
    relayed.expect_passes(many(1, true));
    relayed.expect_passes(exactly(70'000));
    relayed.expect_passes(exactly(relayed_bytes_max - 1));
    relayed.expect_passes(exactly(relayed_bytes_max));
    const std::uint64_t passed = relayed.counts_with_forwarded(7).forwarded;
    ASSERT_EQ(passed, 7u);
    const auto publish = [&](const Buffer& bytes) {
        relayed.publisher().publish(Bytes::copy_of(bytes)).value();
    };
    publish({});                              // zero length
    publish(many(1'048'577, false));          // more TLVs than a message may hold
    publish(filled(5, {1, 8}));               // reaches past its end
    publish(filled(4, {255, 0, 1, 9}));       // an extended head that is cut
    publish(filled(5, {255, 1, 1, 0, 0}));    // and one that is none
    publish(filled(2, {90, 0}));              // nobody's
    publish(filled(5, {255, 0, 255, 0, 0}));  // nobody's, extended
    publish(filled(2, {20, 0}));              // another domain's
    relayed.expect_well();
    EXPECT_TRUE(relayed.publisher().drain(patience).ok());
    RelayCounts counts = relayed.counts_with_forwarded(passed + 1);
    EXPECT_EQ(counts.malformed, 5u);
    EXPECT_EQ(counts.misrouted, 3u);
    EXPECT_EQ(counts.forwarded, passed + 1);
    // Over the relay's limit: dropped, counted, and told at the end; never half of it.
    relayed.publisher().publish(Bytes::copy_of(exactly(relayed_bytes_max + 1))).value();
    relayed.expect_well(1);
    counts = relayed.counts_with_forwarded(passed + 2);
    EXPECT_EQ(counts.forwarded, passed + 2);
    EXPECT_EQ(counts.lost_on_the_way, 1u);
}

TEST_P(RelayLiedTo, broken_frames_cost_their_sender_its_link) {
    Relayed relayed{GetParam()};
    Buffer wrong_magic = frame_of(filled(2, {1, 0}));
    wrong_magic[1] = std::byte{0};
    Buffer wrong_checksum = frame_of(filled(2, {1, 0}));
    wrong_checksum[7] = std::byte{0};
    wrong_checksum[28] = std::byte{1};
    Buffer too_large = frame_of(filled(2, {1, 0}));
    too_large[27] = std::byte{0xf0};
    std::vector<Buffer> lies{wrong_magic, wrong_checksum, too_large, Buffer(4096, std::byte{7})};
    std::size_t flaps = 0;
    for (const Buffer& lie : lies) {
        RawPeer liar = RawPeer::connect(relayed.relay().in());
        wire::Hello hello = hello_of(Pattern::publisher, any_schema());
        hello.node = "liar" + std::to_string(++flaps);  // none of them meets a breaker
        hello.epoch = 5;
        ASSERT_EQ(liar.introduce(hello), "");
        (void)liar.send(lie);
        EXPECT_TRUE(liar.is_closed()) << "lie " << flaps;
        relayed.expect_well();
    }
}

/// An extension block with one entry.
Buffer block(int type, std::span<const std::byte> value, std::size_t claimed) {
    Buffer bytes(4);
    base::store_little(bytes.data(), static_cast<std::uint16_t>(4 + claimed));
    bytes[2] = static_cast<std::byte>(type);
    bytes[3] = static_cast<std::byte>(claimed);
    append(bytes, value);
    append(bytes, filled(2, {1, 0}));
    return bytes;
}

TEST_P(RelayLiedTo, origins_that_are_garbage_cost_their_sender_its_link) {
    Relayed relayed{GetParam()};
    const Buffer zeros(64), ones(64, std::byte{1});
    const std::vector<std::pair<std::string, Buffer>> lies{
        {"of no length", block(6, {}, 0)},
        {"of 23 bytes", block(6, std::span{ones}.first(23), 23)},
        {"of 25 bytes", block(6, std::span{ones}.first(25), 25)},
        {"of 33 bytes", block(6, std::span{ones}.first(33), 33)},
        {"without an id", block(6, std::span{zeros}.first(24), 24)},
        {"with losses, without an id", block(6, std::span{zeros}.first(32), 32)},
        {"that reaches past the message", block(6, std::span{ones}.first(8), 24)},
        {"beside a block of one byte", filled(3, {1, 0, 0})},
        {"in a block larger than any", filled(2000, {0xd0, 0x07})},
    };
    std::size_t number = 0;
    for (const auto& [what, payload] : lies) {
        RawPeer liar = RawPeer::connect(relayed.relay().in());
        wire::Hello hello = hello_of(Pattern::publisher, any_schema());
        hello.node = "liar" + std::to_string(++number);
        hello.epoch = 5;
        ASSERT_EQ(liar.introduce(hello), "");
        (void)liar.send(frame_of(payload, flag_extended | flag_unchecked, 1));
        EXPECT_TRUE(liar.is_closed()) << what;
        relayed.expect_well();
    }
    EXPECT_EQ(relayed.relay().counts().misrouted, 0u);
}

TEST_P(RelayLiedTo, origins_from_nowhere_are_carried_as_they_are) {
    Relayed relayed{GetParam()};
    RawPeer liar = RawPeer::connect(relayed.relay().in());
    wire::Hello hello = hello_of(Pattern::publisher, any_schema());
    hello.epoch = 5;
    ASSERT_EQ(liar.introduce(hello), "");
    constexpr std::uint64_t origins = 4'200, batch = 100;  // more than a relay remembers
    for (std::uint64_t first = 1; first <= origins; first += batch) {
        Buffer frames;
        for (std::uint64_t i = first; i < first + batch; ++i) {
            Buffer value(32);
            base::store_little(value.data(), UINT64_MAX - i);
            base::store_little(value.data() + 8, UINT64_MAX);
            base::store_little(value.data() + 16, UINT64_MAX);
            base::store_little(value.data() + 24, UINT64_MAX - i);
            append(frames, frame_of(block(6, value, 32), flag_extended | flag_unchecked, i));
        }
        ASSERT_TRUE(liar.send(frames));
        for (std::uint64_t i = first; i < first + batch; ++i) {
            const auto sample = relayed.consumer().receive_for(patience);
            ASSERT_TRUE(sample.ok()) << sample.error().to_string();
            ASSERT_TRUE(sample->origin());
            EXPECT_EQ(sample->origin()->id, UINT64_MAX - i);
        }
    }
    relayed.expect_well();
}

Buffer hello_with_types(const std::function<void(msgpack::Builder&)>& types) {
    msgpack::Builder params;
    params.map(3);
    params.string("pattern");
    params.string("subscriber");
    params.string("node");
    params.string("stranger");
    params.string("types");
    types(params);
    const auto bytes = params.bytes();
    return hello_frame(Buffer{bytes.begin(), bytes.end()});
}

TEST_P(RelayLiedTo, types_that_are_garbage_are_refused_or_a_set) {
    Relayed relayed{GetParam()};
    const Buffer large(60'000, std::byte{1});
    const std::vector<std::pair<bool, Buffer>> hellos{
        {false, hello_with_types([](msgpack::Builder& to) { to.string("1,11"); })},
        {false, hello_with_types([](msgpack::Builder& to) { to.integer(7u); })},
        {false, hello_with_types([](msgpack::Builder& to) { to.array(1), to.integer(1u); })},
        {false, hello_with_types([](msgpack::Builder& to) { to.map(0); })},
        {true, hello_with_types([](msgpack::Builder& to) { to.binary({}); })},
        {true, hello_with_types([&](msgpack::Builder& to) { to.binary(large); })},
    };
    for (const auto& [is_welcome, hello] : hellos) {
        RawPeer peer = RawPeer::connect(relayed.relay().out());
        ASSERT_TRUE(peer.send(hello));
        const auto frame = peer.read_frame();
        const bool is_linked =
            frame && !wire::decode_fast_message(frame->payload).value().error.has_value();
        EXPECT_EQ(is_linked, is_welcome);
        relayed.expect_well();
    }
}

}  // namespace
}  // namespace mycelium::attack
