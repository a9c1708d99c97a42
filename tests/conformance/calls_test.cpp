// Calls: many at once, answered in any order, later, from another thread; with a method, a
// deadline, an error.
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "fixture.h"

namespace mycelium::conformance {
namespace {

MYCELIUM_CONFORMANCE_SUITE(Calls);

class CallsPaired : public Calls {
protected:
    Node caller_ = node("caller"), server_ = node("server");
    std::string place_ = url();
    Replier<Tick, Tick> replier_ = server_.replier<Tick, Tick>(place_).value();
    Requester<Tick, Tick> requester_ = caller_.requester<Tick, Tick>(place_).value();
    void SetUp() override { requester_.wait_for(1, patience).value(); }
    Request<Tick, Tick> next() { return replier_.receive_for(patience).value(); }
};
INSTANTIATE_TEST_SUITE_P(every_transport, CallsPaired, testing::ValuesIn(transports_under_test()),
                         name_of_param);

TEST_P(CallsPaired, a_question_is_answered) {
    auto pending = requester_.begin_call(tick(1), patience).value();
    EXPECT_FALSE(pending.try_result());
    auto request = next();
    EXPECT_EQ(request.question(), tick(1));
    EXPECT_EQ(request.method(), "");
    EXPECT_FALSE(request.is_notification());
    EXPECT_FALSE(request.is_cancelled());
    request.answer(tick(2)).value();
    EXPECT_EQ(*pending.wait().value(), tick(2));
    EXPECT_EQ(requester_.counters().calls, 1u);
    EXPECT_EQ(requester_.counters().answers, 1u);
    EXPECT_EQ(replier_.counters().calls, 1u);
}

TEST_P(CallsPaired, answers_may_come_in_any_order) {
    std::vector<PendingCall<Tick>> pending;
    for (std::uint64_t i = 0; i < 100; ++i)
        pending.push_back(requester_.begin_call(tick(i), patience).value());
    std::vector<Request<Tick, Tick>> requests;
    for (std::uint64_t i = 0; i < 100; ++i) {
        requests.push_back(next());
        EXPECT_EQ(requests.back().question(), tick(i));
    }
    for (std::size_t i = 0; i < 100; ++i) {  // 37 is prime to 100: each once, none in its turn
        auto& request = requests[(i * 37 + 11) % 100];
        request.answer(tick(request.question().number + 1000)).value();
    }
    for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(*pending[i].wait().value(), tick(i + 1000));
}

TEST_P(CallsPaired, an_answer_may_come_later_and_from_another_thread) {
    auto pending = requester_.begin_call(tick(1), patience).value();
    std::thread elsewhere{[request = next()]() mutable { request.answer(tick(2)).value(); }};
    EXPECT_EQ(*pending.wait().value(), tick(2));
    elsewhere.join();
}

TEST_P(CallsPaired, try_result_says_when_the_answer_is_there) {
    auto pending = requester_.begin_call(tick(1), patience).value();
    next().answer(tick(2)).value();
    std::optional<Result<std::shared_ptr<const Tick>>> result;
    EXPECT_TRUE(eventually([&] { return (result = pending.try_result()).has_value(); }));
    EXPECT_EQ(*result->value(), tick(2));
}

TEST_P(CallsPaired, an_error_carries_its_number_and_text) {
    auto pending = requester_.begin_call(tick(1), patience).value();
    next().fail(-42, "no such tick").value();
    const auto error = pending.wait().error();
    EXPECT_EQ(error, Errc::failed);
    EXPECT_EQ(error.detail(), -42);
    EXPECT_NE(error.message().find("no such tick"), std::string::npos) << error.message();
    EXPECT_EQ(requester_.counters().errors, 1u);
}

TEST_P(CallsPaired, an_error_may_carry_data) {
    const Tick value = tick(1);
    auto pending = requester_.port().begin_call(payload_of(value), patience).value();
    auto request = replier_.port().receive_until(after(patience)).value();
    const std::string data = "\x93\x01\x02\x03";  // MessagePack [1, 2, 3]
    request.fail(7, "with data", data).value();
    const auto error = pending.wait().error();
    EXPECT_EQ(error, Errc::failed);
    EXPECT_EQ(error.data(), data);
}

TEST_P(CallsPaired, one_that_is_cancelled_leaves_the_others_alone_although_the_replier_is_full) {
    std::vector<PendingCall<Tick>> calls;
    for (std::size_t i = 0; i < limits::queue_messages_max; ++i) {
        auto call = requester_.begin_call(tick(i), patience);
        if (!call) break;  // as many as the transport takes
        calls.push_back(*std::move(call));
    }
    ASSERT_GT(calls.size(), 2u);
    calls.front().cancel();
    for (std::size_t i = 1; i < calls.size(); ++i) EXPECT_FALSE(calls[i].try_result()) << i;
    std::thread elsewhere{[&] {
        for (std::size_t answered = 1; answered < calls.size();) {
            auto request = next();
            if (request.question() == tick(0)) continue;  // the cancelled one, perhaps not known
            request.answer(request.question()).value();
            ++answered;
        }
    }};
    for (std::size_t i = 1; i < calls.size(); ++i) EXPECT_EQ(*calls[i].wait().value(), tick(i));
    elsewhere.join();
}

TEST_P(CallsPaired, a_dropped_request_tells_the_requester) {
    auto pending = requester_.begin_call(tick(1), patience).value();
    { auto dropped = next(); }
    const auto error = pending.wait().error();
    EXPECT_EQ(error, Errc::lost) << "it had to wait for its deadline";
    EXPECT_FALSE(error.message().empty());
}

TEST_P(CallsPaired, a_request_is_answered_once) {
    auto pending = requester_.begin_call(tick(1), patience).value();
    auto request = next();
    request.answer(tick(2)).value();
    EXPECT_EQ(request.answer(tick(3)).error(), Errc::invalid);
    EXPECT_EQ(request.fail(1, "late").error(), Errc::invalid);
    EXPECT_EQ(*pending.wait().value(), tick(2));
}

TEST_P(CallsPaired, a_call_ends_at_its_deadline_and_a_late_answer_harms_nobody) {
    auto pending = requester_.begin_call(tick(1), 30ms).value();
    auto request = next();
    EXPECT_EQ(pending.wait().error(), Errc::timeout);
    (void)request.answer(tick(2));
    auto again = requester_.begin_call(tick(3), patience).value();
    next().answer(tick(4)).value();
    EXPECT_EQ(*again.wait().value(), tick(4)) << "a late answer was taken for another call's";
}

TEST_P(CallsPaired, the_deadline_travels) {
    const Instant begun = std::chrono::steady_clock::now();
    auto pending = requester_.begin_call(tick(1), std::chrono::hours{1}).value();
    auto request = next();
    EXPECT_LE(request.deadline(), std::chrono::steady_clock::now() + std::chrono::hours{1});
    EXPECT_GE(request.deadline(), begun + std::chrono::minutes{50});
    request.answer(tick(2)).value();
    EXPECT_TRUE(pending.wait().ok());
}

TEST_P(CallsPaired, a_cancelled_call_ends_and_the_replier_is_told) {
    auto pending = requester_.begin_call(tick(1), patience).value();
    auto request = next();
    EXPECT_FALSE(request.is_cancelled());
    pending.cancel();
    EXPECT_EQ(pending.wait().error(), Errc::closed);
    EXPECT_TRUE(eventually([&] {
        (void)replier_.try_receive();
        return request.is_cancelled();
    }));
}

TEST_P(CallsPaired, a_pending_call_that_is_dropped_is_cancelled) {
    auto pending = std::optional{requester_.begin_call(tick(1), patience).value()};
    auto request = next();
    pending.reset();
    EXPECT_TRUE(eventually([&] {
        (void)replier_.try_receive();
        return request.is_cancelled();
    }));
}

TEST_P(CallsPaired, a_notification_is_received_and_answered_by_nobody) {
    requester_.wait_for(1, patience).value();
    EXPECT_TRUE(requester_.notify(tick(5), "remember").ok());
    auto request = next();
    EXPECT_TRUE(request.is_notification());
    EXPECT_EQ(request.method(), "remember");
    EXPECT_EQ(request.question(), tick(5));
}

TEST_P(CallsPaired, a_methods_name_travels_up_to_its_limit) {
    const std::string longest(limits::method_bytes_max, 'm');
    for (const std::string& method : {std::string{"add"}, std::string{"a/b.c"}, longest}) {
        auto pending = requester_.begin_call(tick(1), patience, method).value();
        auto request = next();
        EXPECT_EQ(request.method(), method);
        request.answer(tick(2)).value();
        EXPECT_TRUE(pending.wait().ok());
    }
    EXPECT_EQ(requester_.call(tick(1), patience, longest + "m").error(), Errc::invalid);
}

TEST_P(CallsPaired, serve_answers_until_its_node_stops) {
    std::thread serving{[&] {
        const auto ended = replier_.serve([](const Tick& question) -> Result<Tick> {
            if (question.number == 0) return Error{Errc::failed, "zero", 9};
            return tick(question.number + 1);
        });
        EXPECT_EQ(ended.error(), Errc::closed);
    }};
    EXPECT_EQ(*requester_.call(tick(1), patience).value(), tick(2));
    const auto error = requester_.call(tick(0), patience).error();
    EXPECT_EQ(error, Errc::failed);
    EXPECT_EQ(error.detail(), 9);
    server_.stop();
    serving.join();
}

TEST_P(CallsPaired, eight_threads_may_call_through_one_requester) {
    constexpr int threads = 8, calls = 200;
    std::thread serving{[&] {
        (void)replier_.serve([](const Tick& question) { return tick(question.number * 2); });
    }};
    std::atomic<int> answered{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < threads; ++t)
        callers.emplace_back([&, t] {
            for (int i = 0; i < calls; ++i) {
                const auto number = static_cast<std::uint64_t>(t * calls + i);
                const auto answer = requester_.call(tick(number), patience);
                if (answer.ok() && **answer == tick(number * 2))
                    ++answered;
                else if (!answer.ok())
                    ADD_FAILURE() << answer.error().to_string();
            }
        });
    for (auto& thread : callers) thread.join();
    EXPECT_EQ(answered, threads * calls);
    server_.stop();
    serving.join();
}

TEST_P(Calls, the_limit_of_calls_in_flight_is_an_outcome) {
    Node caller = node("caller"), server = node("server");
    const std::string place = url();
    auto replier = server.replier<Tick, Tick>(place).value();
    auto requester = caller.requester<Tick, Tick>(place, {.calls_in_flight_max = 3}).value();
    std::vector<PendingCall<Tick>> pending;
    for (std::uint64_t i = 0; i < 3; ++i)
        pending.push_back(requester.begin_call(tick(i), patience).value());
    EXPECT_EQ(requester.begin_call(tick(9), patience).error(), Errc::overloaded);
    replier.receive_for(patience).value().answer(tick(0)).value();
    EXPECT_TRUE(pending.front().wait().ok());
    EXPECT_TRUE(requester.begin_call(tick(9), patience).ok());
}

TEST_P(Calls, requests_beyond_what_a_replier_holds_wait_their_turn) {
    Node caller = node("caller"), server = node("server");
    const std::string place = url();
    auto replier = server.replier<Tick, Tick>(place, {.requests_held_max = 2}).value();
    auto requester = caller.requester<Tick, Tick>(place).value();
    std::vector<PendingCall<Tick>> pending;
    for (std::uint64_t i = 0; i < 20; ++i)
        pending.push_back(requester.begin_call(tick(i), patience).value());
    std::vector<Request<Tick, Tick>> held;
    held.push_back(replier.receive_for(patience).value());
    held.push_back(replier.receive_for(patience).value());
    EXPECT_EQ(replier.receive_for(20ms).error(), Errc::timeout);
    for (std::uint64_t i = 0; i < 20; ++i) {
        held.front().answer(held.front().question()).value();
        held.erase(held.begin());
        if (i + 2 < 20) held.push_back(replier.receive_for(patience).value());
    }
    for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(*pending[i].wait().value(), tick(i));
}

TEST_P(Calls, the_descriptor_of_a_full_replier_is_quiet_until_it_has_answered) {
    Node caller = node("caller"), server = node("server");
    const std::string place = url();
    auto replier = server.replier<Tick, Tick>(place, {.requests_held_max = 2}).value();
    const int fd = replier.fd();
    ASSERT_GE(fd, 0);
    auto requester = caller.requester<Tick, Tick>(place).value();
    std::vector<PendingCall<Tick>> pending;
    for (std::uint64_t i = 0; i < 3; ++i)
        pending.push_back(requester.begin_call(tick(i), patience).value());
    std::vector<Request<Tick, Tick>> held;
    for (int i = 0; i < 2; ++i) held.push_back(replier.receive_for(patience).value());
    EXPECT_TRUE(eventually([&] { return !replier.try_receive() && !is_readable(fd); }))
        << "an event loop would spin";
    held.front().answer(held.front().question()).value();
    held.erase(held.begin());
    EXPECT_TRUE(is_readable(fd, patience));
    EXPECT_TRUE(eventually([&] {
        auto request = replier.try_receive();
        if (request) held.push_back(*std::move(request));
        return held.size() == 2;
    })) << "the third request was forgotten";
    for (auto& request : held) request.answer(request.question()).value();
    for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(*pending[i].wait().value(), tick(i));
}

TEST_P(Calls, with_nobody_there_a_call_is_unavailable_at_its_deadline) {
    Node caller = node("caller");
    auto requester = caller.requester<Tick, Tick>(url()).value();
    EXPECT_EQ(requester.call(tick(1), 30ms).error(), Errc::unavailable)
        << "nobody received it: safe to repeat";
    EXPECT_FALSE(requester.notify(tick(1)).ok() && requester.counters().sent > 0);
}

TEST_P(Calls, a_call_made_before_the_replier_exists_waits_for_it) {
    Node caller = node("caller"), server = node("server");
    const std::string place = url();
    auto requester = caller.requester<Tick, Tick>(place).value();
    std::thread calling{[&] {
        const auto answer = requester.call(tick(1), patience);
        EXPECT_TRUE(answer.ok() && **answer == tick(2));
    }};
    auto replier = server.replier<Tick, Tick>(place).value();
    auto request = replier.receive_for(patience);
    if (request.ok()) request->answer(tick(2)).value();
    calling.join();
}

TEST_P(Calls, two_repliers_share_the_load) {
    Node caller = node("caller"), server_1 = node("first"), server_2 = node("second");
    const std::string place_1 = url(), place_2 = url();
    auto replier_1 = server_1.replier<Tick, Tick>(place_1).value();
    auto replier_2 = server_2.replier<Tick, Tick>(place_2).value();
    auto requester =
        caller.requester<Tick, Tick>(std::vector<std::string>{place_1, place_2}).value();
    requester.wait_for(2, patience).value();
    std::vector<PendingCall<Tick>> pending;
    for (std::uint64_t i = 0; i < 10; ++i)
        pending.push_back(requester.begin_call(tick(i), patience).value());
    for (int i = 0; i < 5; ++i) {
        replier_1.receive_for(patience).value().answer(tick(1)).value();
        replier_2.receive_for(patience).value().answer(tick(2)).value();
    }
    for (auto& call : pending) EXPECT_TRUE(call.wait().ok());
}

TEST_P(Calls, a_replier_that_leaves_ends_its_calls_with_lost_or_unavailable) {
    Node caller = node("caller");
    const std::string place = url();
    auto requester = caller.requester<Tick, Tick>(place).value();
    std::vector<PendingCall<Tick>> pending;
    {
        Node server = node("server");
        auto replier = server.replier<Tick, Tick>(place, {.linger = 0ms}).value();
        for (std::uint64_t i = 0; i < 3; ++i)
            pending.push_back(requester.begin_call(tick(i), patience).value());
        auto received = replier.receive_for(patience).value();
        { auto gone = std::move(replier); }
    }
    for (auto& call : pending) {
        const auto error = call.wait().error();
        EXPECT_TRUE(error == Errc::lost || error == Errc::unavailable) << error.to_string();
    }
}

TEST_P(Calls, a_request_outlives_its_port) {
    Node caller = node("caller");
    const std::string place = url();
    auto requester = caller.requester<Tick, Tick>(place).value();
    std::optional<PendingCall<Tick>> pending;
    std::optional<Request<Tick, Tick>> kept;
    {
        Node server = node("server");
        auto replier = server.replier<Tick, Tick>(place, {.linger = 0ms}).value();
        pending.emplace(requester.begin_call(tick(1), patience).value());
        kept.emplace(replier.receive_for(patience).value());
    }
    EXPECT_EQ(kept->question(), tick(1));
    (void)kept->answer(tick(2));
    EXPECT_FALSE(pending->wait().ok());
}

}  // namespace
}  // namespace mycelium::conformance
