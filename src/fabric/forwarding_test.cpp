// What relays need of ports: origins that travel, types that are asked for, links that are managed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium {
namespace {

using tlv::Trade;

constexpr Duration patience = std::chrono::seconds{30};

struct Swap {
    std::uint64_t id = 0;
};
MYCELIUM_TLV(Swap, 11, id);

Bytes bytes_of(std::uint64_t id, bool is_trade = true) {
    tlv::Writer writer;
    if (is_trade)
        writer.add(Trade{.asset_id = id}).value();
    else
        writer.add(Swap{id}).value();
    return Bytes::copy_of(writer.payload());
}

Message forwarded(const Bytes& bytes, const Origin& origin = {}) {
    Message message;
    message.header.source = 9;
    message.header.relay_domain = 1;
    message.origin = origin;
    message.payload.bytes = bytes.span();
    message.payload.has_bytes = true;
    return message;
}

template <class Condition>
bool eventually(Condition condition) {
    const Instant deadline = after(patience);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

class Forwarding : public testing::TestWithParam<const char*> {
protected:
    Forwarding() {
        const std::string name = "forwarding/" + std::to_string(::getpid());
        const std::string scheme = GetParam();
        url_ = scheme + "://" + name;
        if (scheme == "unix") url_ = "unix://@" + name;
        if (scheme == "tcp") url_ = "tcp://127.0.0.1:0";
    }
    void open(PublisherOptions options = {}, SubscriberOptions wishes = {}) {
        publisher_.emplace(home_.publisher<Bytes>(url_, options).value());
        url_ = publisher_->url();
        subscriber_.emplace(away_.subscriber<Bytes>(url_, wishes).value());
        publisher_->wait_for(1, patience).value();
    }
    Sample<Bytes> receive() { return subscriber_->receive_for(patience).value(); }
    void expect_balanced() {
        ASSERT_TRUE(publisher_->drain(patience).ok());
        const Counters counters = publisher_->counters();
        EXPECT_TRUE(counters.is_balanced())
            << counters.sent << " " << counters.delivered << " " << counters.dropped_total();
    }
    static std::uint64_t of(const Counters& counters, DropReason reason) {
        return counters.dropped[static_cast<std::size_t>(reason)];
    }

    Node home_{"home"}, away_{"away"};
    std::string url_;
    std::optional<Publisher<Bytes>> publisher_;
    std::optional<Subscriber<Bytes>> subscriber_;
};

TEST_P(Forwarding, who_published_first_goes_with_the_message) {
    open();
    const Bytes bytes = bytes_of(5);
    std::vector<Message> batch(3, forwarded(bytes, {77, 40, 1'234, 0}));
    batch[1].origin = {78, 2, 99, 6};
    batch[2].origin = {};
    publisher_->port().forward(batch).value();
    const auto first = receive();
    EXPECT_EQ(first.origin(), (Origin{77, 40, 1'234, 0}));
    EXPECT_EQ(first.header().source, 9);
    EXPECT_EQ(first.header().relay_domain, 1);
    EXPECT_EQ(first.header().sequence, 1u);  // the forwarder's own
    EXPECT_NE(first.header().timestamp, 1'234u);
    EXPECT_EQ(*first, bytes);
    EXPECT_EQ(receive().origin(), (Origin{78, 2, 99, 6}));
    EXPECT_FALSE(receive().origin());
    publisher_->publish(bytes).value();  // a plain one behind them keeps nothing of theirs
    EXPECT_FALSE(receive().origin());
    expect_balanced();
}

TEST_P(Forwarding, large_and_empty_payloads_carry_an_origin_too) {
    open();
    for (const std::size_t size : {0, 1, 1'000, 1'100, 70'000, 3'000'000}) {
        const Bytes bytes = Bytes::copy_of(std::vector<std::byte>(size, std::byte{7}));
        const Message message = forwarded(bytes, {77, size + 1, 5, 0});
        publisher_->port().forward({&message, 1}).value();
        const auto sample = receive();
        EXPECT_EQ(sample->size(), size);
        EXPECT_EQ(sample.origin(), (Origin{77, size + 1, 5, 0}));
    }
    expect_balanced();
}

TEST_P(Forwarding, a_late_joiner_is_told_the_origins_of_what_it_is_given) {
    publisher_.emplace(home_.publisher<Bytes>(url_, {.history = 2}).value());
    url_ = publisher_->url();
    const Bytes bytes = bytes_of(1);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const Message message = forwarded(bytes, {77, i, 5, 0});
        publisher_->port().forward({&message, 1}).value();
    }
    subscriber_.emplace(away_.subscriber<Bytes>(url_).value());
    EXPECT_EQ(receive().origin()->sequence, 2u);
    EXPECT_EQ(receive().origin()->sequence, 3u);
}

TEST_P(Forwarding, what_was_lost_before_a_relay_is_told_as_missed) {
    open();
    const Bytes bytes = bytes_of(1);
    for (const std::uint64_t lost : {4, 4, 7, 7}) {
        const Message message = forwarded(bytes, {77, 1, 5, lost});
        publisher_->port().forward({&message, 1}).value();
    }
    EXPECT_EQ(receive().missed().count(), 0u);  // from before we came
    EXPECT_EQ(receive().missed().count(), 0u);
    const auto third = receive();
    EXPECT_EQ(third.missed().of(DropReason::upstream), 3u);
    EXPECT_EQ(third.missed().reason(), DropReason::upstream);
    EXPECT_EQ(receive().missed().count(), 0u);
    EXPECT_EQ(subscriber_->counters().dropped[static_cast<std::size_t>(DropReason::upstream)], 3u);
    EXPECT_TRUE(subscriber_->counters().is_balanced());
    expect_balanced();
}

TEST_P(Forwarding, only_types_that_were_asked_for_are_handed_out) {
    open({}, {.types = {11}});
    for (std::uint64_t i = 1; i <= 300; ++i) publisher_->publish(bytes_of(i, i % 3 != 0)).value();
    publisher_->flush();
    for (std::uint64_t i = 3; i <= 300; i += 3) {
        const auto sample = receive();
        EXPECT_EQ(sample.header().sequence, i);
        EXPECT_FALSE(sample.missed());
    }
    expect_balanced();
    const Counters counters = publisher_->counters();
    EXPECT_EQ(counters.delivered, 100u);
    EXPECT_EQ(of(counters, DropReason::not_asked_for), 200u);
    EXPECT_EQ(subscriber_->counters().dropped_total(), 200u);
}

TEST_P(Forwarding, what_is_no_domain_message_reaches_whoever_asked_for_types) {
    open({}, {.types = {11}});
    publisher_->publish(Bytes::copy_of(std::vector<std::byte>{std::byte{1}, std::byte{9}})).value();
    EXPECT_EQ(receive()->size(), 2u);
}

TEST_P(Forwarding, a_subscriber_of_a_tlv_type_asks_for_that_type) {
    // An end without a type, as a relay is.
    publisher_.emplace(home_.publisher_port(url_, any_schema()).value());
    url_ = publisher_->url();
    auto trades = away_.subscriber<Trade>(url_).value();
    publisher_->wait_for(1, patience).value();
    for (std::uint64_t i = 1; i <= 10; ++i) publisher_->publish(bytes_of(i, i % 2 == 0)).value();
    publisher_->flush();
    for (std::uint64_t i = 2; i <= 10; i += 2)
        EXPECT_EQ(trades.receive_for(patience).value()->asset_id, i);
    expect_balanced();
}

TEST_P(Forwarding, types_that_were_not_asked_for_and_dropped_ones_are_told_apart) {
    open({}, {.slow = SlowReader::drop_oldest, .queue_messages_max = 8, .types = {11}});
    constexpr std::uint64_t last = 20'000;
    for (std::uint64_t i = 1; i <= last; ++i) publisher_->publish(bytes_of(i, i % 2 != 0)).value();
    publisher_->flush();
    std::uint64_t received = 0, missed = 0, number = 0;
    while (number < last) {
        const auto sample = receive();
        ++received;
        missed += sample.missed().count();
        number = sample.header().sequence;
    }
    expect_balanced();
    EXPECT_EQ(of(publisher_->counters(), DropReason::queue_full) +
                  of(publisher_->counters(), DropReason::not_asked_for) + received,
              last);
    EXPECT_EQ(missed, of(subscriber_->counters(), DropReason::queue_full));
}

TEST_P(Forwarding, a_paused_subscription_is_given_nothing_and_told_what_it_missed) {
    open();
    publisher_->publish(bytes_of(1)).value();
    EXPECT_EQ(receive().header().sequence, 1u);
    const auto links = publisher_->port().links();
    ASSERT_EQ(links.size(), 1u);
    ASSERT_TRUE(publisher_->port().pause_link(links[0].id, true));
    EXPECT_TRUE(publisher_->port().links()[0].is_paused);
    for (std::uint64_t i = 2; i <= 50; ++i) publisher_->publish(bytes_of(i)).value();
    publisher_->flush();
    ASSERT_TRUE(publisher_->port().pause_link(links[0].id, false));
    publisher_->publish(bytes_of(51)).value();
    publisher_->flush();
    std::uint64_t received = 1, missed = 0;
    for (std::uint64_t number = 1; number < 51;) {
        const auto sample = receive();
        number = sample.header().sequence;
        ++received;
        missed += sample.missed().of(DropReason::paused);
    }
    EXPECT_EQ(received + missed, 51u);
    EXPECT_GE(missed, 1u);
    expect_balanced();
    EXPECT_EQ(of(publisher_->counters(), DropReason::paused), missed);
}

TEST_P(Forwarding, a_paused_subscription_holds_nobody_up) {
    open({.block_max = patience}, {.slow = SlowReader::block, .queue_messages_max = 4});
    ASSERT_TRUE(publisher_->port().pause_link(publisher_->port().links()[0].id, true));
    for (std::uint64_t i = 1; i <= 100; ++i) publisher_->publish(bytes_of(i)).value();
    const Counters counters = publisher_->counters();
    EXPECT_EQ(counters.sent, 100u);
    expect_balanced();
}

TEST_P(Forwarding, a_message_can_be_discarded_without_ending_its_link) {
    open();
    for (std::uint64_t i = 1; i <= 3; ++i) publisher_->publish(bytes_of(i)).value();
    publisher_->flush();
    (void)receive();
    (void)receive();
    subscriber_->port().discard();
    EXPECT_EQ(receive().header().sequence, 3u);
    expect_balanced();
    EXPECT_EQ(publisher_->counters().delivered, 2u);
    EXPECT_EQ(of(publisher_->counters(), DropReason::malformed), 1u);
    EXPECT_EQ(publisher_->subscribers(), 1u);
}

TEST_P(Forwarding, a_link_can_be_ended_and_its_peer_dials_again) {
    open();
    const auto links = publisher_->port().links();
    ASSERT_EQ(links.size(), 1u);
    EXPECT_EQ(links[0].node, "away");
    if (std::string_view{GetParam()} != "tcp") {
        EXPECT_EQ(links[0].pid, ::getpid());
    }
    ASSERT_TRUE(publisher_->port().end_link(links[0].id, {Errc::denied, "enough"}));
    EXPECT_FALSE(publisher_->port().end_link(links[0].id + 100, {Errc::denied, "enough"}));
    ASSERT_TRUE(eventually([&] {
        (void)subscriber_->try_receive();
        const auto now = publisher_->port().links();
        return now.size() == 1 && now[0].id != links[0].id;
    }));
}

TEST_P(Forwarding, a_peer_that_is_not_admitted_is_told_why) {
    std::atomic<bool> is_open = false;
    std::atomic<int> asked = 0;
    PublisherOptions options;
    options.admit = [&](const Candidate& candidate) -> Result<void> {
        EXPECT_EQ(candidate.node, "away");
        ++asked;
        if (is_open) return {};
        return Error{Errc::denied, "not before noon"};
    };
    publisher_.emplace(home_.publisher<Bytes>(url_, options).value());
    subscriber_.emplace(away_.subscriber<Bytes>(publisher_->url()).value());
    std::string reason;
    ASSERT_TRUE(eventually([&] {
        if (const auto event = subscriber_->try_event()) reason = event->reason;
        return reason.find("not before noon") != std::string::npos;
    }));
    EXPECT_GE(asked, 1);
    EXPECT_EQ(publisher_->subscribers(), 0u);
    is_open = true;
    publisher_->wait_for(1, patience).value();
}

INSTANTIATE_TEST_SUITE_P(Over, Forwarding, testing::Values("inproc", "shm", "unix", "tcp"),
                         [](const auto& what) { return std::string{what.param}; });

}  // namespace
}  // namespace mycelium
