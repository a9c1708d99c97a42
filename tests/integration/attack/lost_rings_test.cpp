// Rings that are lost, as where a barrier of the kernel's missed who rings: whoever fell asleep
// just then looks once more, and finds what came.
#include <array>
#include <atomic>
#include <chrono>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>

#include "attacked.h"
#include "core/wire/frame.h"
#include "core/wire/header.h"
#include "core/wire/notices.h"
#include "host/memory/log_writer.h"
#include "host/memory/subscription.h"

namespace mycelium::attack {
namespace {

using namespace std::chrono_literals;

/// A publisher by hand, through shared memory, that rings nobody.
class MutePublisher {
public:
    explicit MutePublisher(const std::string& url) : peer_(RawPeer::connect(url)) {
        const std::string refusal =
            peer_.introduce(hello_of(Pattern::publisher, schema_of<Tick>()));
        if (!refusal.empty()) throw std::runtime_error{refusal};
        const std::array<int, 2> descriptors{subscription_.memory().fd(), log_.memory().fd()};
        const auto attach =
            frame_of(wire::encode_attach({.epoch = epoch, .next_sequence = 1, .has_past = 0}),
                     flag_control | flag_unchecked);
        if (!peer_.send_with(attach, descriptors)) throw std::runtime_error{"the port has gone"};
    }
    bool is_reader_asleep() noexcept {
        return subscription_.reader_sleeps().load(std::memory_order_acquire) != os::awake;
    }
    void publish(const Tick& tick) {
        const auto bytes = std::as_bytes(std::span{&tick, 1});
        Header header;
        header.flags = flag_unchecked;
        header.sequence = next_++;
        header.payload_size = static_cast<std::uint32_t>(bytes.size());
        log_.reserve(memory::record_bytes(bytes.size())).value();
        log_.append(wire::header_words(header), bytes, {});
        log_.commit();
    }

private:
    static constexpr std::uint64_t epoch = 77;

    static memory::LogHeader identity() {
        memory::LogHeader header;
        header.epoch = epoch;
        return header;
    }
    RawPeer peer_;
    memory::LogWriter log_ = memory::LogWriter::create(64 * KiB, identity()).value();
    memory::SubscriptionWriter subscription_ =
        memory::SubscriptionWriter::create({.begin_sequence = 1}).value();
    std::uint64_t next_ = 1;
};

/// Looks all the time: a millisecond counts here.
template <class Condition>
bool becomes(Duration limit, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

/// With a link by socket a port sleeps in a poll, without one on the words themselves.
class LostRings : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(asleep, LostRings, testing::Bool(), [](const auto& which) {
    return std::string{which.param ? "in_poll" : "in_futex"};
});

TEST_P(LostRings, what_came_just_then_is_found_by_a_second_look) {
    Node home{quiet("home")}, away{quiet("away")};
    SubscriberOptions options;
    options.role = Role::bind;
    options.waiting = Waiting::sleep;
    const std::string url = new_url("shm"), by_socket = new_url("unix");
    auto subscriber = home.subscriber<Tick>({url, by_socket}, options).value();
    PublisherOptions dialling;
    dialling.role = Role::connect;
    auto honest = away.publisher<Tick>(GetParam() ? by_socket : url, dialling).value();
    honest.wait_for(1, patience).value();
    MutePublisher mute{url};
    ASSERT_TRUE(eventually([&] { return subscriber.publishers() == 2; }));

    constexpr std::uint64_t from_honest = 1'000'000;
    std::atomic<std::uint64_t> received{0};
    std::thread reader{[&] {
        while (auto sample = subscriber.receive_for(patience)) {
            ++received;
            if (**sample == tick(from_honest)) return;
        }
    }};
    // A machine that lets nobody run for a millisecond is late for the second look: next time.
    constexpr int wanted = 5, tries = 500;
    std::uint64_t published = 0;
    int found = 0;
    for (int i = 0; i < tries && found < wanted; ++i) {
        ASSERT_TRUE(becomes(patience, [&] { return mute.is_reader_asleep(); }));
        std::this_thread::sleep_for(300us);  // its first look was in vain
        mute.publish(tick(++published));
        (void)becomes(50ms, [&] { return received == published; });
        if (received == published) {
            ++found;
            continue;
        }
        honest.publish(tick(from_honest + ++published)).value();
        ASSERT_TRUE(eventually([&] { return received == published; }));
    }
    honest.publish(tick(from_honest)).value();
    reader.join();
    EXPECT_EQ(found, wanted) << "of " << tries << " messages that nobody rang for";
}

}  // namespace
}  // namespace mycelium::attack
