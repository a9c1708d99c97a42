// What the ledger is for: a message that is lost on the way, without anybody's counting it, shows.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <mycelium/mycelium.h>

#include "core/wire/header.h"
#include "fabric/wrapped_streams_testing.h"
#include "host/memory/subscription.h"

namespace mycelium {
namespace {

constexpr Duration patience = std::chrono::seconds{20};

constexpr std::uint64_t lost_sequence = 3;

/// Swallows one data message whole.
class LossyStream final : public testing_fabric::WrappedStream {
public:
    using WrappedStream::WrappedStream;
    Io write(std::span<const std::span<const std::byte>> parts) noexcept override {
        Header header;
        if (parts[0].size() < header_bytes ||
            !wire::decode_header_raw(parts[0].first<header_bytes>(), header) ||
            (header.flags & flag_control) != 0 || header.sequence != lost_sequence)
            return WrappedStream::write(parts);
        return {Io::Kind::done, header_bytes + header.payload_size, 0};
    }
};

TEST(Ledger, a_message_that_the_way_swallows_breaks_the_balance) {
    NodeOptions lossy;
    lossy.name = "lossy";
    lossy.transports = {testing_fabric::unix_wrapped_in<LossyStream>()};
    Node node_a{lossy}, node_b{"b"};
    const std::string place = "unix://@mycelium-ledger-" + std::to_string(::getpid());
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(1, patience).value();
    for (int i = 1; i <= 4; ++i) {
        publisher.publish(Bytes::copy_of("x")).value();
        if (static_cast<std::uint64_t>(i) == lost_sequence) continue;
        EXPECT_TRUE(subscriber.receive_for(patience).ok());
    }
    EXPECT_TRUE(publisher.drain(patience).ok()) << "the reader is done with all";
    const Counters counters = publisher.counters();
    EXPECT_EQ(counters.sent, 4u);
    EXPECT_EQ(counters.delivered, 3u);
    EXPECT_EQ(counters.in_flight(), 0u);
    EXPECT_FALSE(counters.is_balanced());
}

/// This process's shared memory of that name, mapped once more, behind the library's back; null:
/// there is none, or more than one.
void* map_again(const std::string& name, std::size_t size, int access) {
    std::string path;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
        if (target.find("/memfd:mycelium." + name + " ") != 0) continue;
        if (!path.empty()) return nullptr;
        path = entry.path();
    }
    const int fd = ::open(path.c_str(),
                          (access & PROT_WRITE) != 0 ? O_RDWR | O_CLOEXEC : O_RDONLY | O_CLOEXEC);
    void* const map = ::mmap(nullptr, size, access, MAP_SHARED, fd, 0);
    ::close(fd);
    return map == MAP_FAILED ? nullptr : map;
}

/// Moves the head over one message, as a publisher would that forgets to count it.
void lose_one(std::uint64_t sequence) {
    using memory::SubscriptionLayout;
    auto* const map = map_again("subscription", sizeof(SubscriptionLayout), PROT_READ | PROT_WRITE);
    void* const log = map_again("log", memory::log_data_offset, PROT_READ);
    ASSERT_TRUE(map != nullptr && log != nullptr);
    auto& layout = *static_cast<SubscriptionLayout*>(map);
    const auto& metadata = *reinterpret_cast<memory::LogMetadata*>(static_cast<std::byte*>(log) +
                                                                   sizeof(memory::LogHeader));
    ASSERT_EQ(metadata.next_sequence.load(), sequence + 1);
    layout.slots[1].position.store(metadata.next_position.load());
    layout.slots[1].sequence.store(sequence + 1);
    ASSERT_TRUE(layout.head.compare_exchange_strong(sequence, sequence + 1));
    ::munmap(map, sizeof(SubscriptionLayout));
    ::munmap(log, memory::log_data_offset);
}

TEST(Ledger, a_message_dropped_behind_its_back_in_shared_memory_breaks_the_balance) {
    Node node_a{"a"}, node_b{"b"};
    const std::string place = "shm://ledger/" + std::to_string(::getpid());
    auto publisher = node_a.publisher<Bytes>(place).value();
    auto subscriber = node_b.subscriber<Bytes>(place).value();
    publisher.wait_for(1, patience).value();
    for (std::uint64_t i = 1; i <= 4; ++i) {
        publisher.publish(Bytes::copy_of("x")).value();
        if (i == lost_sequence) {
            ASSERT_NO_FATAL_FAILURE(lose_one(i));
            continue;
        }
        const auto sample = subscriber.receive_for(patience).value();
        EXPECT_EQ(sample.missed().count(), i == lost_sequence + 1 ? 1u : 0u);
    }
    EXPECT_TRUE(publisher.drain(patience).ok()) << "the reader is done with all";
    const Counters counters = publisher.counters();
    EXPECT_EQ(counters.sent, 4u);
    EXPECT_EQ(counters.delivered, 3u);
    EXPECT_EQ(counters.dropped_total(), 0u);
    EXPECT_EQ(counters.in_flight(), 0u);
    EXPECT_FALSE(counters.is_balanced());
}

}  // namespace
}  // namespace mycelium
