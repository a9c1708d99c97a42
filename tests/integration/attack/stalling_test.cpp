// Stalling: peers that are slow on purpose, or stop, hold up nobody but themselves.
#include <thread>

#include "attacked.h"
#include "core/wire/extension.h"

namespace mycelium::attack {
namespace {

MYCELIUM_ATTACK_SUITE_EVERYWHERE(Stalling);
MYCELIUM_ATTACK_SUITE(StallingInCalls);

TEST_P(Stalling, a_handshake_that_does_not_come_is_ended_and_others_pass_it) {
    Healthy pair{GetParam()};
    RawPeer silent = RawPeer::connect(pair.url());
    RawPeer dripping = RawPeer::connect(pair.url());
    const Buffer hello = hello_frame(hello_of(Pattern::subscriber, schema_of<Tick>()));
    std::size_t dripped = 0;
    bool is_closed = false;
    EXPECT_TRUE(eventually([&] {
        if (dripped + 1 < hello.size() && dripping.send(std::span{hello}.subspan(dripped, 1)))
            ++dripped;
        if (dripped % 50 == 0) {
            Node passing{quiet("passing")};
            auto subscriber = passing.subscriber<Tick>(pair.url()).value();
            EXPECT_TRUE(subscriber.wait_for(1, patience).ok());
        }
        is_closed = is_closed || silent.is_closed(1ms);
        return is_closed && dripping.is_closed(20ms);  // both after limits::handshake_timeout
    })) << "a peer that does not introduce itself is kept for ever";
}

TEST_P(Stalling, more_silent_peers_than_may_wait_keep_nobody_out_for_good) {
    Healthy pair{GetParam()};
    std::vector<RawPeer> silent;
    for (std::size_t i = 0; i < limits::handshakes_pending_max + 20; ++i)
        silent.push_back(RawPeer::connect(pair.url()));
    Node late{quiet("late")};
    auto subscriber = late.subscriber<Tick>(pair.url()).value();
    pair.expect_well();
    EXPECT_TRUE(subscriber.wait_for(1, patience).ok());
}

TEST_P(Stalling, a_reader_that_stops_reading_is_served_by_its_policy_and_the_other_in_full) {
    for (const auto slow :
         {SlowReader::block, SlowReader::drop_oldest, SlowReader::latest, SlowReader::disconnect}) {
        Node home{quiet("home")}, away{quiet("away")};
        const std::string url = new_url(GetParam());
        auto publisher = home.publisher<Bytes>(url, {.block_max = 20ms, .linger = 10ms}).value();
        auto reading = away.subscriber<Bytes>(url).value();
        wire::Hello hello = hello_of(Pattern::subscriber, schema_of<Bytes>());
        hello.slow = slow;
        hello.queue_messages_max = 4;
        RawPeer stopped = RawPeer::connect(url);
        ASSERT_EQ(stopped.introduce(hello), "");
        publisher.wait_for(2, patience).value();
        const Bytes block = pattern_of(16 * KiB);
        Tally tally;
        for (std::uint64_t i = 1; i <= 1500; ++i) {
            publisher.publish(block).value();
            tally = read_until(reading, i, tally);
        }
        EXPECT_EQ(tally.received, 1500u) << name_of(slow);
        const Counters counters = publisher.counters();
        EXPECT_GT(counters.dropped_total(), 0u) << name_of(slow);
        EXPECT_EQ(publisher.subscribers(), slow == SlowReader::disconnect ? 1u : 2u)
            << name_of(slow);
    }
}

TEST_P(StallingInCalls, a_requester_that_takes_no_answers_does_not_stop_the_replier) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto replier = home.replier<Bytes, Bytes>(url, {.linger = 10ms}).value();
    auto requester = away.requester<Bytes, Bytes>(url).value();
    const Bytes large = pattern_of(256 * KiB);
    std::thread serving{[&] { (void)replier.serve([&](const Bytes&) { return large; }); }};
    RawPeer deaf = RawPeer::connect(url);
    ASSERT_EQ(deaf.introduce(hello_of(Pattern::requester, schema_of<Bytes>(), schema_of<Bytes>())),
              "");
    for (std::uint64_t id = 1; id <= 200; ++id) {
        CallInfo call;
        call.kind = CallKind::request;
        call.id = id;
        Buffer payload(wire::extension_size(call));
        wire::encode_extension(call, payload);
        if (!deaf.send(frame_of(payload, flag_extended | flag_unchecked), 10ms)) break;
    }
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(requester.call(Bytes::copy_of("?"), patience).value()->size(), large.size());
    home.stop();
    serving.join();
}

TEST_P(StallingInCalls, a_requester_that_floods_is_held_back_and_the_others_are_served) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url(GetParam());
    auto replier =
        home.replier<Bytes, Bytes>(url, {.requests_held_max = 16, .linger = 10ms}).value();
    auto requester = away.requester<Bytes, Bytes>(url).value();
    requester.wait_for(1, patience).value();
    RawPeer flood = RawPeer::connect(url);
    ASSERT_EQ(flood.introduce(hello_of(Pattern::requester, schema_of<Bytes>(), schema_of<Bytes>())),
              "");
    CallInfo call;
    call.kind = CallKind::request;
    Buffer payload(wire::extension_size(call));
    payload.resize(64 * KiB);
    bool was_held_back = false;
    for (std::uint64_t id = 1; id <= 2000 && !was_held_back; ++id) {
        call.id = id;
        wire::encode_extension(call, payload);
        was_held_back = !flood.send(frame_of(payload, flag_extended | flag_unchecked), 50ms);
    }
    EXPECT_TRUE(was_held_back) << "125 MiB of questions were taken in that nobody has asked for";
    auto pending = requester.begin_call(Bytes::copy_of("mine"), patience).value();
    for (int i = 0; i < 4000; ++i) {
        auto request = replier.receive_for(patience).value();
        const bool is_mine = request.question().text() == "mine";
        (void)request.answer(request.question().slice(0, 4));
        if (is_mine) break;
    }
    EXPECT_EQ(pending.wait().value()->text(), "mine");
}

}  // namespace
}  // namespace mycelium::attack
