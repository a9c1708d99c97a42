// Types: each form passes whole, of every size; a type local to a process does not leave it.
#include <thread>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Types);

template <class T>
void expect_round_trip(Node& node_a, Node& node_b, const std::string& place, const T& value) {
    auto publisher = node_a.publisher<T>(place).value();
    auto subscriber = node_b.subscriber<T>(place).value();
    publisher.wait_for(1, patience).value();
    publisher.publish(value).value();
    publisher.publish(std::make_shared<const T>(value)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), value);
    EXPECT_EQ(*subscriber.receive_for(patience).value(), value);
    expect_balanced(publisher);
}

TEST_P(Types, a_flat_value_passes) {
    Node node_a = node("a"), node_b = node("b");
    expect_round_trip(node_a, node_b, url(), tick(7, 3));
}

TEST_P(Types, a_lent_flat_value_passes) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Tick>(place).value();
    auto subscriber = node_b.subscriber<Tick>(place).value();
    publisher.wait_for(1, patience).value();
    auto loan = publisher.loan().value();
    *loan = tick(9);
    publisher.publish(std::move(loan)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(9));
}

TEST_P(Types, a_trade_passes_as_a_domain_message) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Trade>(place, {.source = 4}).value();
    auto subscriber = node_b.subscriber<Trade>(place).value();
    publisher.wait_for(1, patience).value();
    Trade trade{};
    trade.asset_id = UINT64_MAX;
    trade.price = -123'456'789;
    trade.volume = INT64_MAX;
    trade.side = 1;
    publisher.publish(trade).value();
    const auto sample = subscriber.receive_for(patience).value();
    EXPECT_EQ(sample->asset_id, trade.asset_id);
    EXPECT_EQ(sample->price, trade.price);
    EXPECT_EQ(sample->volume, trade.volume);
    EXPECT_EQ(sample->side, trade.side);
    EXPECT_EQ(sample.header().relay_domain, 1);
    EXPECT_EQ(sample.header().source, 4);
    EXPECT_GT(sample.header().timestamp, 1'600'000'000'000'000'000U) << "nanoseconds since 1970";
}

TEST_P(Types, a_value_with_fields_of_every_kind_passes) {
    Node node_a = node("a"), node_b = node("b");
    expect_round_trip(node_a, node_b, url(), order(-5));
    expect_round_trip(node_a, node_b, url(), Order{});
}

TEST_P(Types, bytes_of_every_size_pass) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(1, patience).value();
    const std::size_t sizes[] = {
        0,           1,        31, 32,           33, 4095, 64 * KiB - 32, 64 * KiB, 64 * KiB + 1,
        1 * MiB + 7, 10 * MiB, 0,  10 * MiB + 3, 1};
    std::thread sender{[&] {
        for (const std::size_t size : sizes) publisher.publish(pattern_of(size)).value();
        publisher.flush();
    }};
    for (const std::size_t size : sizes) {
        auto sample = subscriber.receive_for(patience);
        if (!sample.ok()) {
            ADD_FAILURE() << size << " B: " << sample.error().to_string();
            break;
        }
        EXPECT_EQ((*sample)->size(), size);
        EXPECT_TRUE(**sample == pattern_of(size)) << size << " B arrived changed";
        EXPECT_EQ(sample->header().payload_size, size);
    }
    sender.join();
    expect_balanced(publisher);
}

TEST_P(Types, ten_mebibytes_pass_as_question_and_answer) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto replier = node_b.replier<Bytes, Bytes>(place).value();
    auto requester = node_a.requester<Bytes, Bytes>(place).value();
    std::thread serving{[&] {
        auto request = replier.receive_for(patience);
        if (request.ok()) request->answer(request->question()).value();
    }};
    const auto answer = requester.call(pattern_of(10 * MiB), patience);
    serving.join();
    EXPECT_TRUE(*answer.value() == pattern_of(10 * MiB));
}

TEST_P(Types, questions_and_answers_may_be_of_any_form) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto replier = node_b.replier<Order, Tick>(place).value();
    auto requester = node_a.requester<Order, Tick>(place).value();
    auto pending = requester.begin_call(order(3), patience).value();
    auto request = replier.receive_for(patience).value();
    EXPECT_EQ(request.question(), order(3));
    request.answer(tick(3)).value();
    EXPECT_EQ(*pending.wait().value(), tick(3));
}

TEST_P(Types, a_local_type_passes_as_the_pointer_or_is_refused) {
    Node node_a = node("a"), node_b = node("b");
    const std::string place = url();
    auto publisher = node_a.publisher<Errand>(place);
    auto subscriber = node_b.subscriber<Errand>(place);
    if (!GetParam().passes_pointers) {
        EXPECT_EQ(publisher.error(), Errc::unsupported);
        EXPECT_EQ(subscriber.error(), Errc::unsupported);
        EXPECT_EQ((node_a.requester<Errand, Tick>(place).error()), Errc::unsupported);
        EXPECT_EQ((node_a.replier<Tick, Errand>(place).error()), Errc::unsupported);
        return;
    }
    publisher.value().wait_for(1, patience).value();
    const auto errand =
        std::make_shared<const Errand>(Errand{"buy milk", std::make_shared<int>(7)});
    publisher->publish(errand).value();
    const auto sample = subscriber->receive_for(patience).value();
    EXPECT_EQ(sample.share(), errand);
    publisher->publish(*errand).value();
    EXPECT_EQ(subscriber->receive_for(patience).value()->counter, errand->counter);
}

}  // namespace
}  // namespace mycelium::conformance
