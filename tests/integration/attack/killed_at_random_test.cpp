// Killed at random: a peer dies or stops at any moment; the survivor and the host are as before.
#include <signal.h>

#include <functional>
#include <iostream>
#include <random>

#include "attacked.h"

namespace mycelium::attack {
namespace {

constexpr unsigned seed = 20240611;
/// Once a port has had a link, or waited for one, it keeps an epoll and an event descriptor.
constexpr std::size_t sleeping_descriptors_max = std::size_t{2} * 5;

/// The survivor's ports, and what each does while a victim lives.
struct Survivor {
    explicit Survivor(const std::string& scheme)
        : publisher_url(new_url(scheme)),
          subscriber_url(new_url(scheme)),
          replier_url(new_url(scheme)),
          requester_url(new_url(scheme)),
          dialling_url(new_url(scheme)) {}

    std::string publisher_url, subscriber_url, replier_url, requester_url, dialling_url;
    Node node{quiet("survivor")};
    Publisher<Bytes> publisher =
        node.publisher<Bytes>(publisher_url, {.block_max = std::chrono::milliseconds{5}}).value();
    Subscriber<Bytes> subscriber =
        node.subscriber<Bytes>(subscriber_url, {.role = Role::bind}).value();
    Replier<Bytes, Bytes> replier = node.replier<Bytes, Bytes>(replier_url).value();
    Requester<Bytes, Bytes> requester =
        node.requester<Bytes, Bytes>(requester_url, {.role = Role::bind}).value();
    Subscriber<Bytes> dialling = node.subscriber<Bytes>(dialling_url).value();

    /// What a victim left behind is still to be had; its link ends with it.
    void take_all() {
        while (subscriber.try_receive() || dialling.try_receive() || replier.try_receive()) {
        }
    }

    bool is_alone() {
        return publisher.subscribers() == 0 && subscriber.publishers() == 0 &&
               dialling.publishers() == 0 && replier.port().peers() == 0 &&
               requester.port().peers() == 0;
    }
};

/// A victim and the work that the survivor shares with it, one step at a time.
struct Round {
    Part part;
    std::string order;
    std::function<void(Survivor&)> step;
};

Round round_of(const std::string& scheme, unsigned pattern, Survivor& survivor) {
    const std::string size = "30000";
    const auto take = [](Subscriber<Bytes>& subscriber) { (void)subscriber.receive_for(5ms); };
    switch (pattern % 5) {
        case 0:
            return {{"subscribe",
                     scheme,
                     {{"url", survivor.publisher_url}, {"type", "bytes"}, {"size", size}}},
                    "take 1000000",
                    [](Survivor& own) { own.publisher.publish(pattern_of(30'000)).value(); }};
        case 1:
            return {{"publish",
                     scheme,
                     {{"url", survivor.subscriber_url},
                      {"type", "bytes"},
                      {"size", size},
                      {"role", "connect"}}},
                    "go 1000000",
                    [take](Survivor& own) { take(own.subscriber); }};
        case 2:
            return {{"publish",
                     scheme,
                     {{"url", survivor.dialling_url}, {"type", "bytes"}, {"size", size}}},
                    "go 1000000",
                    [take](Survivor& own) { take(own.dialling); }};
        case 3:
            return {{"request", scheme, {{"url", survivor.replier_url}}},
                    "many 1000",
                    [](Survivor& own) {
                        if (auto request = own.replier.receive_for(5ms))
                            (void)request->answer(request->question());
                    }};
        default:
            return {{"reply", scheme, {{"url", survivor.requester_url}, {"role", "connect"}}},
                    "",
                    [](Survivor& own) {
                        const auto answer = own.requester.call(pattern_of(30'000), 20ms);
                        if (!answer.ok()) {
                            const Errc code = answer.error().code();
                            EXPECT_TRUE(code == Errc::lost || code == Errc::unavailable ||
                                        code == Errc::timeout)
                                << answer.error().to_string();
                        }
                    }};
    }
}

void play_round(const std::string& scheme, Survivor& survivor, std::mt19937& random,
                unsigned pattern) {
    const Round round = round_of(scheme, pattern, survivor);
    Peer victim{Deployment::processes, round.part};
    if (!round.order.empty()) victim.say(round.order);
    if (pattern < 5 || random() % 4 != 0) {
        EXPECT_EQ(victim.hear().substr(0, 6), "ready ");
    }
    if (pattern < 5) {
        EXPECT_TRUE(eventually([&] { return !survivor.is_alone(); })) << round.part.name;
    }
    const std::size_t steps = random() % 40;
    for (std::size_t i = 0; i < steps; ++i) round.step(survivor);
    if (const auto how = random() % 3; how != 0) {
        victim.signal(SIGSTOP);
        const Instant until =
            after(std::chrono::milliseconds{1 + random() % (is_long() ? 500 : 10)});
        do round.step(survivor);
        while (std::chrono::steady_clock::now() < until);
        if (how == 1) {
            victim.signal(SIGCONT);
            for (std::size_t i = 0; i < steps; ++i) round.step(survivor);
        }
    }
    victim.kill();
    EXPECT_TRUE(eventually([&] {
        survivor.take_all();
        return survivor.is_alone();
    })) << "the death of a "
        << round.part.name;
}

MYCELIUM_ATTACK_SUITE_EVERYWHERE(KilledAtRandom);

TEST_P(KilledAtRandom, the_survivor_and_the_host_are_as_before) {
    const int rounds = is_long() ? 500 : 25;
    std::mt19937 random{seed};
    std::cout << rounds << " rounds, seed " << seed << '\n';
    Survivor survivor{GetParam()};
    const std::size_t descriptors = open_descriptors() + sleeping_descriptors_max;
    // Once each pattern: what a port needs for its first link it keeps.
    for (unsigned i = 0; i < 5; ++i) play_round(GetParam(), survivor, random, i);
    const std::size_t running = threads(), memory = resident_bytes();
    for (int i = 5; i < rounds; ++i) {
        play_round(GetParam(), survivor, random, 5 + static_cast<unsigned>(random() % 5));
        ASSERT_TRUE(eventually([&] { return open_descriptors() <= descriptors; }))
            << "round " << i << ": " << open_descriptors() << " descriptors, " << descriptors
            << " before:\n"
            << descriptors_text();
        ASSERT_EQ(threads(), running) << "round " << i;
    }
    EXPECT_TRUE(survivor.publisher.drain(patience).ok());
    EXPECT_EQ(survivor.publisher.counters().in_flight(), 0u);
    if (!is_sanitized()) {
        EXPECT_LT(resident_bytes(), memory + 64 * MiB) << "memory grows with every death";
    }
    // Everything still works.
    Node node{quiet("after")};
    auto subscriber = node.subscriber<Bytes>(survivor.publisher_url).value();
    survivor.publisher.wait_for(1, patience).value();
    survivor.publisher.publish(pattern_of(10)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), pattern_of(10));
}

TEST(KilledAtRandom_, a_socket_file_left_by_a_killed_owner_is_gone_after_the_next_owner) {
    TemporaryDirectory directory;
    const std::string url = "unix://" + directory.path() + "/place.sock";
    for (int i = 0; i < 5; ++i) {
        Peer owner{Deployment::processes, {"publish", "unix", {{"url", url}}}};
        EXPECT_EQ(owner.hear(), "ready " + url);
        owner.kill();
    }
    EXPECT_EQ(directory.entries(), 1u) << "a temporary name was left beside the socket";
    {
        Node home{quiet("home")};
        ASSERT_TRUE(home.publisher<Tick>(url).ok());
    }
    EXPECT_EQ(directory.entries(), 0u);
}

}  // namespace
}  // namespace mycelium::attack
