// Ports of one process, and what only happens among them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium {
namespace {

using namespace std::chrono_literals;

constexpr Duration patience = 30s;

bool eventually(const std::function<bool()>& holds) {
    for (const Instant end = after(patience); std::chrono::steady_clock::now() < end;) {
        if (holds()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return holds();
}

Node quiet(const char* name) {
    NodeOptions options;
    options.name = name;
    options.log = [](std::string_view) {};
    return Node{options};
}

TEST(WithinProcess, ports_meet_again_although_the_one_that_asked_for_it_has_gone) {
    Node here = quiet("here"), there = quiet("there");
    std::optional<Node> refused{quiet("refused")};
    PublisherOptions options;
    options.admit = [](const Candidate& candidate) -> Result<void> {
        if (candidate.node == "refused") return Error{Errc::unavailable, "not now"};
        return {};
    };
    auto publisher = here.publisher<Bytes>("inproc://again", options).value();
    auto reader = there.subscriber<Bytes>("inproc://again").value();
    publisher.wait_for(1, patience).value();
    {
        auto sent_away = refused->subscriber<Bytes>("inproc://again").value();
        EXPECT_TRUE(eventually([&] { return sent_away.try_event().has_value(); }));
    }
    refused.reset();  // and with it the driver that was to look again
    const std::uint64_t first = publisher.port().links().at(0).id;
    publisher.port().end_link(first, {Errc::denied, "for this once"});
    EXPECT_TRUE(eventually([&] {
        (void)reader.try_receive();
        const auto links = publisher.port().links();
        return links.size() == 1 && links[0].id != first;
    }));
}

struct Large {
    std::vector<std::uint64_t> numbers;
};
MYCELIUM_FIELDS(Large, (1, numbers));

TEST(WithinProcess, large_objects_pass_without_a_wait) {
    Node here = quiet("here"), there = quiet("there");
    auto publisher = here.publisher<Large>("inproc://large").value();
    auto reader = there.subscriber<Large>("inproc://large").value();
    publisher.wait_for(1, patience).value();
    const auto large = std::make_shared<const Large>(Large{std::vector<std::uint64_t>(4'000'000)});
    for (int i = 0; i < 8; ++i) publisher.publish(large).value();
    EXPECT_EQ(publisher.counters().dropped_total(), 0u);
    while (const auto event = publisher.try_event())
        EXPECT_NE(event->kind, Event::Kind::demoted) << "eight of 1024 messages were too much";
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(reader.receive_for(patience).value().share().get(), large.get());
}

struct Thing {
    int value = 0;
};

TEST(WithinProcess, a_pointer_that_is_given_away_has_its_reader_as_its_only_owner) {
    Node here = quiet("here"), there = quiet("there");
    auto publisher = here.publisher<Thing>("inproc://given").value();
    auto reader = there.subscriber<Thing>("inproc://given").value();
    publisher.wait_for(1, patience).value();
    auto thing = std::make_shared<const Thing>(Thing{5});
    const std::weak_ptr<const Thing> alive = thing;
    publisher.publish(std::move(thing)).value();
    EXPECT_EQ(alive.use_count(), 1) << "the queue's";
    {
        const auto sample = reader.receive_for(patience).value();
        EXPECT_EQ(sample->value, 5);
        EXPECT_EQ(alive.use_count(), 1) << "the sample's";
    }
    EXPECT_TRUE(alive.expired());
}

TEST(WithinProcess, a_pointer_given_to_several_is_shared_by_them) {
    Node here = quiet("here"), there = quiet("there");
    auto publisher = here.publisher<Thing>("inproc://several").value();
    auto first = there.subscriber<Thing>("inproc://several").value();
    auto second = there.subscriber<Thing>("inproc://several").value();
    publisher.wait_for(2, patience).value();
    auto thing = std::make_shared<const Thing>(Thing{6});
    const Thing* const address = thing.get();
    publisher.publish(std::move(thing)).value();
    EXPECT_EQ(first.receive_for(patience).value().share().get(), address);
    EXPECT_EQ(second.receive_for(patience).value().share().get(), address);
    EXPECT_EQ(publisher.counters().shared, 1u);
}

TEST(WithinProcess, a_sample_outlives_the_queue_that_it_came_through) {
    Node there = quiet("there");
    auto reader = there.subscriber<Bytes>("inproc://outlived").value();
    std::optional<Sample<Bytes>> small, large;
    {
        Node here = quiet("here");
        auto publisher = here.publisher<Bytes>("inproc://outlived").value();
        publisher.wait_for(1, patience).value();
        publisher.publish(Bytes::copy_of(std::string(100, 's'))).value();
        publisher.publish(Bytes::copy_of(std::string(5000, 'l'))).value();
        small = reader.receive_for(patience).value();
        large = reader.receive_for(patience).value();
    }
    reader = there.subscriber<Bytes>("inproc://another").value();
    EXPECT_EQ(**small, Bytes::copy_of(std::string(100, 's')));
    EXPECT_EQ(**large, Bytes::copy_of(std::string(5000, 'l')));
}

TEST(WithinProcess, what_was_dropped_from_a_queue_is_not_kept_alive_by_what_stays) {
    Node here = quiet("here"), there = quiet("there");
    auto publisher = here.publisher<Bytes>("inproc://newest").value();
    auto reader = there.subscriber<Bytes>("inproc://newest", {.slow = SlowReader::latest}).value();
    publisher.wait_for(1, patience).value();
    std::vector<std::weak_ptr<const void>> alive;
    {
        std::vector<Bytes> messages;
        for (int i = 0; i < 100; ++i) {
            messages.push_back(Bytes::copy_of(std::vector<std::byte>(64 * KiB)));
            alive.push_back(messages.back().owner());
        }
        publisher.publish(messages).value();
    }
    EXPECT_LE(std::count_if(alive.begin(), alive.end(), [](const auto& one) { return one.lock(); }),
              1);
    EXPECT_EQ(reader.receive_for(patience).value().missed().count(), 99u);
}

TEST(WithinProcess, a_reader_that_is_cut_off_in_the_middle_of_a_batch_leaves_balanced_books) {
    Node here = quiet("here"), there = quiet("there");
    auto publisher = here.publisher<Bytes>("inproc://cut").value();
    auto reader = there
                      .subscriber<Bytes>("inproc://cut",
                                         {.slow = SlowReader::disconnect, .queue_messages_max = 4})
                      .value();
    publisher.wait_for(1, patience).value();
    const std::vector<Bytes> ten(10, Bytes::copy_of("x"));
    publisher.publish(ten).value();
    const auto counters = publisher.counters();
    EXPECT_EQ(counters.published, 10u);
    EXPECT_EQ(counters.sent + counters.no_subscriber, 10u);
    EXPECT_TRUE(counters.is_balanced());
}

struct Number {
    std::uint64_t value;
};
MYCELIUM_FLAT(Number, value);

TEST(WithinProcess, answers_that_nobody_awaits_any_more_do_not_pile_up) {
    Node here = quiet("here"), there = quiet("there");
    auto replier = here.replier<Number, Number>("inproc://abandoned").value();
    auto requester = there.requester<Number, Number>("inproc://abandoned").value();
    requester.wait_for(1, patience).value();
    constexpr std::uint64_t calls = 20'000;
    std::thread answering{[&] {
        while (auto request = replier.receive_for(patience)) {
            const bool is_last = request->question().value == calls;
            (void)request->answer(request->question());
            if (is_last) return;
        }
    }};
    for (std::uint64_t i = 1; i < calls;) {
        auto call = requester.begin_call({i}, patience);
        if (call)
            ++i;  // and nobody waits for its answer
        else
            std::this_thread::sleep_for(1ms);  // the replier has enough to do
    }
    EXPECT_EQ(requester.call({calls}, patience).value()->value, calls);
    answering.join();
    EXPECT_LT(replier.counters().in_flight(), 2000u);
}

#ifndef __SANITIZE_THREAD__  // it knows no threads behind a fork
TEST(WithinProcess, a_forked_child_has_names_of_its_own) {
    Node here = quiet("here");
    auto publisher = here.publisher<Bytes>("inproc://forked").value();
    const pid_t child = ::fork();
    if (child == 0) {
        int wrong = 0;
        {
            Node own = quiet("own");
            auto binding = own.publisher<Bytes>("inproc://forked");
            auto reading = own.subscriber<Bytes>("inproc://forked");
            if (!binding || !reading || !binding->wait_for(1, patience) ||
                !binding->publish(Bytes::copy_of("x")) || !reading->receive_for(patience))
                wrong = 1;
            if (publisher.try_event() || !publisher.url().empty()) wrong += 2;
        }
        ::_exit(wrong);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_TRUE(WIFEXITED(status));
}
#endif

}  // namespace
}  // namespace mycelium
