// A burst to several readers over streams is gathered for each of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

#include "fabric/wrapped_streams_testing.h"

namespace mycelium {
namespace {

using namespace std::chrono_literals;

constexpr Duration patience = 20s;

using Count = std::shared_ptr<std::atomic<int>>;

/// Counts what is written, each of it 30 µs long: more than a link takes for the end of a burst.
class SlowStream final : public testing_fabric::WrappedStream {
public:
    SlowStream(std::unique_ptr<Stream> inner, Count writes)
        : WrappedStream(std::move(inner)), writes_(std::move(writes)) {}

    Io write(std::span<const std::span<const std::byte>> parts) noexcept override {
        ++*writes_;
        const auto end = std::chrono::steady_clock::now() + 30us;
        while (std::chrono::steady_clock::now() < end) {
        }
        return WrappedStream::write(parts);
    }

private:
    const Count writes_;
};

constexpr int readers = 4;
constexpr int calls = 200;
constexpr std::size_t messages_of_a_call = 4;  // a queue holds them all

/// One burst, and how often the publisher wrote for it.
int writes_for_a_burst(Publisher<Bytes>& publisher, std::vector<Subscriber<Bytes>>& subscribers,
                       const std::atomic<int>& writes) {
    const int before = writes;
    const std::vector<Bytes> batch(messages_of_a_call, Bytes::copy_of("a small message"));
    for (int i = 0; i < calls; ++i) publisher.publish(batch).value();
    publisher.flush();
    for (auto& subscriber : subscribers) {
        const auto first = subscriber.receive_for(patience).value().header().sequence;
        for (std::uint64_t i = 1; i < calls * messages_of_a_call; ++i)
            EXPECT_EQ(subscriber.receive_for(patience).value().header().sequence, first + i);
    }
    return writes - before;
}

TEST(Burst, what_one_link_takes_to_write_does_not_end_the_burst_for_another_one) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "with the sanitizer a call takes longer than may lie between two of a burst";
#endif
    const Count writes = std::make_shared<std::atomic<int>>(0);
    NodeOptions slow;
    slow.name = "slow";
    slow.transports = {testing_fabric::unix_wrapped_in<SlowStream>(writes)};
    Node home{slow};
    Node away{"away"};
    const std::string place = "unix://@mycelium-gathering-" + std::to_string(::getpid());
    auto publisher = home.publisher<Bytes>(place).value();
    std::vector<Subscriber<Bytes>> subscribers;
    for (int i = 0; i < readers; ++i) subscribers.push_back(away.subscriber<Bytes>(place).value());
    publisher.wait_for(readers, patience).value();

    // Who is put aside by the system in the middle of a burst has ended it: some burst is whole.
    constexpr int without_gathering = readers * calls;
    int fewest = without_gathering;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (fewest >= without_gathering / 4 && std::chrono::steady_clock::now() < deadline)
        fewest = std::min(fewest, writes_for_a_burst(publisher, subscribers, *writes));
    EXPECT_LT(fewest, without_gathering / 4);
}

}  // namespace
}  // namespace mycelium
