// Whoever sees a publisher misses nothing that is published from then on.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <mycelium/mycelium.h>

#include "fabric/wrapped_streams_testing.h"

namespace mycelium {
namespace {

using namespace std::chrono_literals;

constexpr Duration patience = 20s;

/// Its first write, the answer to a hello, arrives long before the writer goes on.
class LoiteringStream final : public testing_fabric::WrappedStream {
public:
    using WrappedStream::WrappedStream;

    Io write(std::span<const std::span<const std::byte>> parts) noexcept override {
        const Io io = WrappedStream::write(parts);
        if (std::exchange(is_first_, false)) std::this_thread::sleep_for(200ms);
        return io;
    }

private:
    bool is_first_ = true;
};

TEST(Joining, what_is_published_once_a_subscriber_sees_the_publisher_comes_to_it) {
    NodeOptions loitering;
    loitering.name = "home";
    loitering.transports = {testing_fabric::unix_wrapped_in<LoiteringStream>()};
    Node home{loitering};
    Node away{"away"};
    const std::string place = "unix://@mycelium-joining-" + std::to_string(::getpid());
    auto publisher = home.publisher<Bytes>(place).value();
    auto subscriber = away.subscriber<Bytes>(place).value();
    subscriber.wait_for(1, patience).value();
    publisher.publish(Bytes::copy_of("the first")).value();
    publisher.publish(Bytes::copy_of("the second")).value();
    publisher.flush();
    EXPECT_EQ(subscriber.receive_for(patience).value()->text(), "the first");
}

}  // namespace
}  // namespace mycelium
