// Wrong descriptors: what a publisher sends in place of a sealed log costs it its link, and nobody
// else anything.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "attacked.h"
#include "core/wire/frame.h"
#include "core/wire/header.h"
#include "core/wire/notices.h"
#include "host/memory/log_writer.h"
#include "host/memory/subscription.h"
#include "host/os/passing.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

using os::Fd;
using os::SharedMemory;

/// A memfd with those seals.
Fd memfd(std::size_t size, int seals) {
    Fd memory = Fd::adopt(::memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(::ftruncate(memory.get(), static_cast<off_t>(size)), 0);
    EXPECT_EQ(::fcntl(memory.get(), F_ADD_SEALS, seals), 0);
    return memory;
}

constexpr int log_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | F_SEAL_FUTURE_WRITE;
constexpr int subscription_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

/// A memfd with that at its beginning, the rest holes; then sealed.
template <class T>
Fd sealed_with(const T& begin, std::size_t size, int seals) {
    Fd memory = memfd(size, 0);
    EXPECT_EQ(::pwrite(memory.get(), &begin, sizeof begin, 0), static_cast<ssize_t>(sizeof begin));
    EXPECT_EQ(::fcntl(memory.get(), F_ADD_SEALS, seals), 0);
    return memory;
}

memory::LogHeader log_header(std::uint64_t capacity) {
    memory::LogHeader header;
    header.data_offset = memory::log_data_offset;
    header.capacity = capacity;
    return header;
}

Fd log_of(const memory::LogHeader& header) {
    return sealed_with(header, memory::log_data_offset + 4 * KiB, log_seals);
}
Fd good_log() { return log_of(log_header(4 * KiB)); }

Fd subscription_of(const memory::SubscriptionHeader& header) {
    Fd memory = sealed_with(header, sizeof(memory::SubscriptionLayout), subscription_seals);
    for (const std::size_t at : {offsetof(memory::SubscriptionLayout, head),
                                 offsetof(memory::SubscriptionLayout, slots)}) {
        EXPECT_EQ(::pwrite(memory.get(), &header.begin_sequence, 8, static_cast<off_t>(at)), 8);
    }
    return memory;
}
Fd good_subscription() {
    memory::SubscriptionHeader header;
    header.begin_sequence = 1;
    return subscription_of(header);
}

Fd opened(const char* path, int flags = O_RDWR) {
    return Fd::adopt(::open(path, flags | O_CLOEXEC));
}

Fd pipe_end() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ::close(ends[1]);
    return Fd::adopt(ends[0]);
}

Fd read_only(const Fd& memory) {
    return opened(("/proc/self/fd/" + std::to_string(memory.get())).c_str(), O_RDONLY);
}

std::vector<Fd> both(Fd subscription, Fd log) {
    std::vector<Fd> all;
    all.push_back(std::move(subscription));
    all.push_back(std::move(log));
    return all;
}

struct Case {
    std::string what;
    std::vector<Fd> descriptors;
};

std::vector<Case> wrong_logs() {
    std::vector<Case> all;
    const auto add = [&](std::string what, Fd subscription, Fd log) {
        all.push_back({std::move(what), both(std::move(subscription), std::move(log))});
    };
    all.push_back({"none", {}});
    all.push_back({"one too few", {}});
    all.back().descriptors.push_back(good_subscription());
    add("in the wrong order", good_log(), good_subscription());
    add("a log that is a pipe", good_subscription(), pipe_end());
    add("a log that is /dev/zero", good_subscription(), opened("/dev/zero"));
    add("a log that is a folder", good_subscription(), opened("/tmp", O_RDONLY));
    add("a subscription that is a pipe", pipe_end(), good_log());
    add("an unsealed log", good_subscription(),
        sealed_with(log_header(4 * KiB), memory::log_data_offset + 4 * KiB, 0));
    add("a log that others may map to write", good_subscription(),
        sealed_with(log_header(4 * KiB), memory::log_data_offset + 4 * KiB, subscription_seals));
    add("an unsealed subscription",
        sealed_with(memory::SubscriptionHeader{}, sizeof(memory::SubscriptionLayout), 0),
        good_log());
    add("a log too short for its header", good_subscription(), memfd(40, log_seals));
    add("an empty log", good_subscription(), memfd(0, log_seals));
    add("a log of zeroes", good_subscription(), memfd(64 * KiB, log_seals));
    for (const std::uint64_t capacity :
         {std::uint64_t{0}, std::uint64_t{8}, std::uint64_t{4 * KiB + 32}, std::uint64_t{33},
          UINT64_MAX, UINT64_MAX - 31, std::uint64_t{1} << 63})
        add("a log that states a capacity of " + std::to_string(capacity), good_subscription(),
            log_of(log_header(capacity)));
    memory::LogHeader elsewhere = log_header(4 * KiB);
    elsewhere.data_offset = UINT32_MAX;
    add("a log whose data lie elsewhere", good_subscription(), log_of(elsewhere));
    memory::LogHeader later = log_header(4 * KiB);
    later.version = memory::layout_version + 1;
    add("a log of another version", good_subscription(), log_of(later));
    add("a subscription too short", memfd(64, subscription_seals), good_log());
    add("a subscription of zeroes", memfd(sizeof(memory::SubscriptionLayout), subscription_seals),
        good_log());
    add("a subscription that may not be written", read_only(good_subscription()), good_log());
    memory::SubscriptionHeader nowhere;
    nowhere.begin_sequence = 1;
    nowhere.begin_position = 7;
    add("a log that begins between two records", subscription_of(nowhere), good_log());
    memory::SubscriptionHeader large_ring;
    large_ring.begin_sequence = 1;
    large_ring.ring_entries = UINT32_MAX;
    add("a larger release ring", subscription_of(large_ring), good_log());
    return all;
}

/// A bound subscriber, an honest publisher, and what is sent beside it.
class WrongDescriptors : public testing::Test {
protected:
    void SetUp() override {
        publisher_.wait_for(1, patience).value();
        for (int i = 0; i < 4; ++i) expect_well();
        descriptors_ = open_descriptors() + 2;  // of its first sleep
        maps_ = shared_maps();
    }
    void expect_well() {
        ++number_;
        publisher_.publish(stamped(number_, number_ % 2 == 0 ? 3000 : 100)).value();
        const bool has_come = eventually([&] {
            auto sample = subscriber_.receive_for(patience);
            EXPECT_TRUE(sample.ok()) << sample.error().to_string();
            return !sample || stamped_number((*sample)->span()) == number_;
        });
        EXPECT_TRUE(has_come);
    }
    RawPeer introduced() {
        RawPeer peer = RawPeer::connect(url_);
        EXPECT_EQ(peer.introduce(hello_of(Pattern::publisher, schema_of<Bytes>())), "");
        return peer;
    }
    static bool send(RawPeer& peer, std::span<const std::byte> notice,
                     const std::vector<Fd>& descriptors = {}) {
        std::vector<int> numbers;
        for (const Fd& one : descriptors) numbers.push_back(one.get());
        return peer.send_with(frame_of(notice, flag_control | flag_unchecked), numbers);
    }
    static std::vector<std::byte> attach(std::uint32_t has_past = 0) {
        return wire::encode_attach({.epoch = 1, .next_sequence = 1, .has_past = has_past});
    }
    /// Its link ends while the honest one goes on.
    void expect_refused(RawPeer& peer, const std::string& what) {
        EXPECT_TRUE(eventually([&] {
            expect_well();
            return peer.is_closed(1ms);
        })) << what;
    }
    void expect_nothing_left() {
        EXPECT_TRUE(eventually([&] {
            expect_well();
            return subscriber_.publishers() == 1 && open_descriptors() <= descriptors_ &&
                   shared_maps() <= maps_;
        })) << subscriber_.publishers()
            << " publishers, " << shared_maps() << " maps after " << maps_ << ", "
            << open_descriptors() << " descriptors after " << descriptors_ << ":\n"
            << descriptors_text();
    }

    std::string url_ = new_url("shm");
    Node home_{quiet("home")}, away_{quiet("away")};
    Subscriber<Bytes> subscriber_ =
        home_.subscriber<Bytes>(url_, {.role = Role::bind, .message_bytes_max = 1 * MiB}).value();
    Publisher<Bytes> publisher_ = away_.publisher<Bytes>(url_, {.role = Role::connect}).value();
    std::uint64_t number_ = 0;
    std::size_t descriptors_ = 0, maps_ = 0;
};

TEST_F(WrongDescriptors, in_place_of_a_log) {
    for (const Case& one : wrong_logs()) {
        RawPeer peer = introduced();
        (void)send(peer, attach(), one.descriptors);
        expect_refused(peer, one.what);
    }
    expect_nothing_left();
}

TEST_F(WrongDescriptors, or_none_that_is_wrong_and_the_link_stays) {
    RawPeer peer = introduced();
    ASSERT_TRUE(send(peer, attach(), both(good_subscription(), good_log())));
    std::vector<Fd> segment;
    segment.push_back(memfd(4096, log_seals));
    ASSERT_TRUE(send(peer, wire::encode_segment({1, 4096}), segment));
    EXPECT_TRUE(eventually([&] { return subscriber_.publishers() == 2; }));
    for (int i = 0; i < 20; ++i) expect_well();
    EXPECT_FALSE(peer.is_closed(20ms));
}

TEST_F(WrongDescriptors, in_place_of_a_segment) {
    const auto refuse = [&](const std::string& what, const wire::Segment& segment, Fd descriptor) {
        RawPeer peer = introduced();
        ASSERT_TRUE(send(peer, attach(), both(good_subscription(), good_log())));
        std::vector<Fd> one;
        if (descriptor) one.push_back(std::move(descriptor));
        (void)send(peer, wire::encode_segment(segment), one);
        expect_refused(peer, what);
    };
    refuse("none", {1, 4096}, {});
    refuse("a pipe", {1, 4096}, pipe_end());
    refuse("unsealed", {1, 4096}, memfd(4096, 0));
    refuse("shorter than was said", {1, 8192}, memfd(4096, log_seals));
    refuse("of no bytes", {1, 0}, memfd(4096, log_seals));
    refuse("of more bytes than there are", {1, UINT64_MAX}, memfd(4096, log_seals));
    {
        RawPeer peer = introduced();
        std::vector<Fd> segment;
        segment.push_back(memfd(4096, log_seals));
        (void)send(peer, wire::encode_segment({1, 4096}), segment);
        expect_refused(peer, "before the log");
    }
    expect_nothing_left();
}

TEST_F(WrongDescriptors, a_segment_that_takes_the_addresses_of_the_process) {
    RawPeer peer = introduced();
    ASSERT_TRUE(send(peer, attach(), both(good_subscription(), good_log())));
    constexpr std::uint64_t huge = std::uint64_t{1} << 45;  // 32 TiB of holes, of 128 TiB
    std::vector<Fd> segment;
    segment.push_back(memfd(huge, log_seals));
    ASSERT_TRUE(send(peer, wire::encode_segment({1, huge}), segment));
    expect_refused(peer, "a segment of 32 TiB");
    expect_nothing_left();
}

TEST_F(WrongDescriptors, that_belong_to_nothing_are_closed) {
    RawPeer peer = introduced();
    ASSERT_TRUE(send(peer, attach(), both(good_subscription(), good_log())));
    const Fd one = memfd(4096, log_seals);
    const std::vector<int> many(os::passed_descriptors_max, one.get());
    const Buffer bell(1);
    for (int i = 0; i < 20; ++i) (void)peer.send_with(bell, many);
    (void)send(peer, wire::encode_unmap({9}), {});
    EXPECT_TRUE(eventually([&] {
        expect_well();
        return subscriber_.publishers() == 2 && open_descriptors() <= descriptors_ + 6;
    })) << open_descriptors()
        << " descriptors, " << descriptors_ << " before:\n"
        << descriptors_text();
}

TEST_F(WrongDescriptors, and_the_peers_own_end_of_the_socket_does_not_keep_its_link_alive) {
    {
        RawPeer peer = introduced();
        ASSERT_TRUE(send(peer, attach(), both(good_subscription(), good_log())));
        const std::vector<int> own(4, peer.fd());
        ASSERT_TRUE(
            peer.send_with(frame_of(wire::encode_unmap({9}), flag_control | flag_unchecked), own));
        EXPECT_TRUE(eventually([&] { return subscriber_.publishers() == 2; }));
    }
    expect_nothing_left();
}

TEST_F(WrongDescriptors, too_many_segments_are_refused) {
    RawPeer peer = introduced();
    ASSERT_TRUE(send(peer, attach(), both(good_subscription(), good_log())));
    bool is_closed = false;
    for (std::uint32_t number = 1; number <= 3000 && !is_closed; ++number) {
        std::vector<Fd> segment;
        segment.push_back(memfd(4096, log_seals));
        // The same number twice must not be counted as one.
        while (!is_closed && !send(peer, wire::encode_segment({number / 2, 4096}), segment)) {
            expect_well();
            is_closed = peer.is_closed(1ms);
        }
    }
    expect_refused(peer, "3000 segments");
    expect_nothing_left();
}

TEST_F(WrongDescriptors, a_past_of_gigabytes_that_are_not_there_costs_no_memory) {
    constexpr std::size_t claimed = 768 * MiB;
    struct Past {
        memory::LogHeader header;
        memory::LogMetadata metadata;
        std::array<std::byte, header_bytes> record{};
    };
    const auto past = std::make_unique<Past>();
    past->header = log_header(claimed + 64 * KiB);
    Header header;
    header.flags = flag_unchecked;
    header.sequence = 1;
    header.payload_size = static_cast<std::uint32_t>(claimed);
    wire::encode_header(header, std::span<std::byte, header_bytes>{past->record});
    std::array<std::byte, sizeof(Past)> image;
    std::memcpy(image.data(), past.get(), sizeof(Past));
    auto descriptors = both(good_subscription(), good_log());
    descriptors.push_back(
        sealed_with(image, memory::log_data_offset + claimed + 64 * KiB, log_seals));
    const std::size_t before = peak_resident_bytes();
    RawPeer peer = introduced();
    ASSERT_TRUE(send(peer, attach(1), descriptors));
    EXPECT_TRUE(eventually([&] { return subscriber_.publishers() == 2; }));
    for (int i = 0; i < 50; ++i) expect_well();
    EXPECT_LT(peak_resident_bytes(), before + 256 * MiB) << "it was copied in";
}

TEST_F(WrongDescriptors, a_head_that_points_nowhere_does_not_stop_a_deadline) {
    RawPeer peer = introduced();
    Fd subscription = good_subscription();
    const std::uint64_t nowhere = 12345;
    ASSERT_EQ(::pwrite(subscription.get(), &nowhere, sizeof nowhere,
                       offsetof(memory::SubscriptionLayout, head)),
              static_cast<ssize_t>(sizeof nowhere));
    ASSERT_TRUE(send(peer, attach(), both(std::move(subscription), good_log())));
    ASSERT_TRUE(eventually([&] { return subscriber_.publishers() == 2; }));
    expect_well();
    std::atomic<bool> has_returned{false};
    std::thread waiting{[&] {
        for (int i = 0; i < 5; ++i) (void)subscriber_.receive_for(50ms);
        has_returned.store(true);
    }};
    EXPECT_TRUE(eventually([&] { return has_returned.load(); })) << "it waits for ever";
    if (!has_returned.load()) home_.stop();
    waiting.join();
}

TEST_F(WrongDescriptors, a_flood_of_bells_holds_up_nobody) {
    std::vector<std::thread> flooding;
    std::atomic<bool> is_over{false};
    std::vector<RawPeer> peers;
    for (int i = 0; i < 2; ++i) {
        peers.push_back(introduced());
        ASSERT_TRUE(send(peers.back(), attach(), both(good_subscription(), good_log())));
    }
    for (RawPeer& peer : peers)
        flooding.emplace_back([&] {
            const Buffer bells(128 * KiB);
            while (!is_over.load()) (void)peer.send(bells, std::chrono::milliseconds{1});
        });
    EXPECT_TRUE(eventually([&] { return subscriber_.publishers() == 3; }));
    for (int i = 0; i < 300; ++i) expect_well();
    is_over.store(true);
    for (std::thread& one : flooding) one.join();
    peers.clear();
    expect_nothing_left();
}

}  // namespace
}  // namespace mycelium::attack
