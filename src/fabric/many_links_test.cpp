// A port hears each of its links, however many of which kinds there are.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium {
namespace {

using namespace std::chrono_literals;

constexpr Duration patience = 20s;
constexpr int streams = 9;  // more than a port looks at before it sleeps

std::string place(const std::string& scheme, const std::string& name) {
    return scheme + "://" + (scheme == "unix" ? "@" : "") + "mycelium-many-" + name + "-" +
           std::to_string(::getpid());
}

/// `inproc` or `shm`: what is quicker than a socket, beside many of those.
class ManyLinks : public testing::TestWithParam<std::string> {
protected:
    /// Publishes where nobody looks: the reader has long fallen asleep.
    static void publish_later(Publisher<Bytes>& publisher, const char* text) {
        std::this_thread::sleep_for(100ms);
        publisher.publish(Bytes::copy_of(text)).value();
        publisher.flush();
    }
    Node home{"home"}, away{"away"};
};

TEST_P(ManyLinks, a_subscriber_hears_sockets_beside_what_is_quicker) {
    std::vector<std::string> urls;
    std::vector<Publisher<Bytes>> publishers;
    for (int i = 0; i < streams; ++i) {
        urls.push_back(place("unix", "stream" + std::to_string(i)));
        publishers.push_back(away.publisher<Bytes>(urls.back()).value());
    }
    Node& other = GetParam() == "inproc" ? home : away;
    urls.push_back(place(GetParam(), "quick"));
    publishers.push_back(other.publisher<Bytes>(urls.back()).value());
    auto subscriber = home.subscriber<Bytes>(Urls{urls}).value();
    subscriber.wait_for(urls.size(), patience).value();
    for (Publisher<Bytes>& publisher : publishers) {
        std::thread later{[&] { publish_later(publisher, "here"); }};
        const Instant begin = std::chrono::steady_clock::now();
        const auto sample = subscriber.receive_for(patience);
        later.join();
        EXPECT_TRUE(sample.ok()) << publisher.url();
        EXPECT_LT(std::chrono::steady_clock::now() - begin, patience / 2)
            << "found by the last look, at the deadline";
    }
}

TEST_P(ManyLinks, a_replier_hears_sockets_beside_what_is_quicker) {
    const std::string socket = place("unix", "calls"), quick = place(GetParam(), "calls");
    auto replier = home.replier<Bytes, Bytes>(Urls{{socket, quick}}).value();
    std::vector<Requester<Bytes, Bytes>> requesters;
    for (int i = 0; i < streams; ++i)
        requesters.push_back(away.requester<Bytes, Bytes>(socket).value());
    Node& other = GetParam() == "inproc" ? home : away;
    requesters.push_back(other.requester<Bytes, Bytes>(quick).value());
    replier.wait_for(requesters.size(), patience).value();
    std::thread serving{[&] {
        for (std::size_t i = 0; i < requesters.size(); ++i) {
            // Longer than a call: its last look, at the deadline, would find what it did not hear.
            auto request = replier.receive_for(2 * patience);
            if (request) (void)request->answer(Bytes::copy_of("answer"));
        }
    }};
    for (auto& requester : requesters) {
        std::this_thread::sleep_for(50ms);  // the replier has fallen asleep
        EXPECT_TRUE(requester.call(Bytes::copy_of("question"), patience).ok());
    }
    serving.join();
}

TEST_P(ManyLinks, what_is_always_quicker_does_not_keep_sockets_from_being_read) {
    Node& other = GetParam() == "inproc" ? home : away;
    for (const int quick_ones : {1, 2, 4})
        for (const int before : {0, 1}) {  // whose turn it is when sockets are looked at
            const std::string name = std::to_string(10 * quick_ones + before);
            std::vector<std::string> urls{place("unix", "steady" + name),
                                          place("unix", "rare" + name)};
            auto steady = away.publisher<Bytes>(urls[0]).value();
            auto rare = away.publisher<Bytes>(urls[1]).value();
            std::vector<Publisher<Bytes>> quick;
            for (int i = 0; i < quick_ones; ++i) {
                urls.push_back(place(GetParam(), "quick" + name + "-" + std::to_string(i)));
                quick.push_back(other.publisher<Bytes>(urls.back()).value());
            }
            auto subscriber = home.subscriber<Bytes>(Urls{urls}).value();
            subscriber.wait_for(urls.size(), patience).value();
            const Bytes message = Bytes::copy_of("often");
            for (int i = 0; i < before; ++i) {
                quick[0].publish(message).value();
                subscriber.receive_for(patience).value();
            }
            for (int i = 0; i < 1'000; ++i)
                for (auto& one : quick) one.publish(message).value();
            rare.publish(Bytes::copy_of("rare")).value();
            rare.flush();
            bool is_heard = false;
            for (int i = 0; i < 300'000 && !is_heard; ++i) {
                if (i % 2'000 == 0) {
                    steady.publish(Bytes::copy_of("steady")).value();
                    steady.flush();
                }
                // There is always one more.
                quick[static_cast<std::size_t>(i % quick_ones)].publish(message).value();
                is_heard = *subscriber.receive_for(patience).value() == Bytes::copy_of("rare");
            }
            EXPECT_TRUE(is_heard) << quick_ones << " quick ones, " << before;
        }
}

TEST_P(ManyLinks, one_that_asks_without_end_does_not_keep_others_from_being_answered) {
    const std::string socket = place("unix", "patient"), quick = place(GetParam(), "flood");
    ReplierOptions options;
    options.requests_held_max = 16;
    auto replier = home.replier<Bytes, Bytes>(Urls{{quick, socket}}, options).value();
    Node& other = GetParam() == "inproc" ? home : away;
    auto flooding = other.requester<Bytes, Bytes>(quick).value();
    auto patient = away.requester<Bytes, Bytes>(socket).value();
    replier.wait_for(2, patience).value();
    std::atomic<bool> is_over{false};
    std::thread flood{[&] {
        while (!is_over) (void)flooding.notify(Bytes::copy_of("again"));
    }};
    std::thread serving{[&] {
        while (!is_over) {
            auto request = replier.receive_for(100ms);
            if (!request) continue;
            std::this_thread::sleep_for(50us);  // longer than it takes to ask
            (void)request->answer(Bytes::copy_of("answer"));
        }
    }};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(patient.call(Bytes::copy_of("question"), patience).ok()) << i;
    is_over = true;
    flood.join();
    serving.join();
}

INSTANTIATE_TEST_SUITE_P(beside, ManyLinks, testing::Values("inproc", "shm"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace mycelium
