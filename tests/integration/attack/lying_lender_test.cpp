// Peers that lie about what they lend over unix://, or about what they have borrowed.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>

#include "attacked.h"
#include "core/wire/notices.h"
#include "host/memory/subscription.h"
#include "host/transport/reference.h"
#include "lending_parts.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

using os::Fd;
using transport::Reference;

constexpr std::size_t large = 1 * MiB;

constexpr int log_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | F_SEAL_FUTURE_WRITE;
constexpr int subscription_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

Fd memfd(std::size_t size, int seals) {
    Fd memory = Fd::adopt(::memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(::ftruncate(memory.get(), static_cast<off_t>(size)), 0);
    EXPECT_EQ(::fcntl(memory.get(), F_ADD_SEALS, seals), 0);
    return memory;
}

Fd subscription_of(const memory::SubscriptionHeader& header, int seals = subscription_seals) {
    Fd memory = memfd(sizeof(memory::SubscriptionLayout), 0);
    EXPECT_EQ(::pwrite(memory.get(), &header, sizeof header, 0),
              static_cast<ssize_t>(sizeof header));
    EXPECT_EQ(::fcntl(memory.get(), F_ADD_SEALS, seals), 0);
    return memory;
}
Fd good_subscription() { return subscription_of({}); }

Fd pipe_end() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ::close(ends[1]);
    return Fd::adopt(ends[0]);
}

/// A bound subscriber with an honest publisher, and beside it one that lies.
class LyingLender : public testing::Test {
protected:
    void SetUp() override {
        publisher_.wait_for(1, patience).value();
        for (int i = 0; i < 4; ++i) expect_well();
        descriptors_ = open_descriptors() + 2;  // of its first sleep
        maps_ = shared_maps() + 1;              // of another segment of the honest one's
    }
    void expect_well() {
        auto loan = publisher_.loan(large).value();
        stamp(loan.span(), ++number_);
        publisher_.publish(std::move(loan)).value();
        EXPECT_TRUE(eventually([&] {
            auto sample = subscriber_.receive_for(patience);
            EXPECT_TRUE(sample.ok()) << sample.error().to_string();
            return !sample || stamped_number((*sample)->span()) == number_;
        }));
    }
    RawPeer introduced(bool knows_references = true) {
        RawPeer peer = RawPeer::connect(url_);
        wire::Hello hello = hello_of(Pattern::publisher, schema_of<Bytes>());
        hello.references = knows_references;
        EXPECT_EQ(peer.introduce(hello), "");
        return peer;
    }
    static bool send(RawPeer& peer, std::span<const std::byte> notice, const Fd& descriptor = {}) {
        const std::array<int, 1> one{descriptor.get()};
        return peer.send_with(frame_of(notice, flag_control | flag_unchecked),
                              std::span{one}.first(descriptor ? 1 : 0));
    }
    static bool send(RawPeer& peer, const Reference& reference, std::uint64_t sequence = 1,
                     std::uint8_t flags = flag_referenced | flag_unchecked) {
        return peer.send(frame_of(reference.encode(), flags, sequence));
    }
    /// One that has lent a segment of 8 KiB, number 1.
    RawPeer lender() {
        RawPeer peer = introduced();
        EXPECT_TRUE(send(peer, wire::encode_lend(), good_subscription()));
        EXPECT_TRUE(send(peer, wire::encode_segment({1, 8 * KiB}), memfd(8 * KiB, log_seals)));
        return peer;
    }
    void expect_refused(RawPeer& peer, const std::string& what) {
        EXPECT_TRUE(eventually([&] {
            expect_well();
            return peer.is_closed(std::chrono::milliseconds{1});
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

    std::string url_ = new_url("unix");
    Node home_{quiet("home")}, away_{quiet("away")};
    Subscriber<Bytes> subscriber_ =
        home_.subscriber<Bytes>(url_, {.role = Role::bind, .message_bytes_max = large}).value();
    Publisher<Bytes> publisher_ = away_.publisher<Bytes>(url_, {.role = Role::connect}).value();
    std::uint64_t number_ = 0;
    std::size_t descriptors_ = 0, maps_ = 0;
};

TEST_F(LyingLender, what_is_right_is_answered_and_read) {
    RawPeer peer = lender();
    ASSERT_TRUE(send(peer, Reference{1, 4096, 100, 9}));
    std::optional<Sample<Bytes>> lent;
    EXPECT_TRUE(eventually([&] {
        publisher_.publish(stamped(++number_, 100)).value();
        auto sample = subscriber_.receive_for(patience);
        if (sample && (*sample)->size() == 100 && (*sample)->span()[0] == std::byte{0} &&
            stamped_number((*sample)->span()) != number_)
            lent = *std::move(sample);
        return lent.has_value();
    }));
    bool is_mapped = false;
    while (auto frame = peer.read_frame(std::chrono::milliseconds{100})) {
        const auto notice = wire::decode_fast_message(frame->payload).value();
        is_mapped |= notice.method == wire::method_mapped &&
                     wire::decode_mapped(notice).value() == wire::Mapped{1};
    }
    EXPECT_TRUE(is_mapped);
}

TEST_F(LyingLender, wrong_descriptors_cost_it_its_link) {
    const auto refuse = [&](const std::string& what, const Fd& subscription) {
        RawPeer peer = introduced();
        (void)send(peer, wire::encode_lend(), subscription);
        expect_refused(peer, "a subscription: " + what);
    };
    refuse("none", {});
    refuse("a pipe", pipe_end());
    refuse("a log's seals", memfd(sizeof(memory::SubscriptionLayout), log_seals));
    refuse("unsealed", subscription_of({}, 0));
    refuse("too short", memfd(64, subscription_seals));
    refuse("of zeroes", memfd(sizeof(memory::SubscriptionLayout), subscription_seals));
    const auto refuse_segment = [&](const std::string& what, const wire::Segment& segment,
                                    const Fd& descriptor) {
        RawPeer peer = introduced();
        ASSERT_TRUE(send(peer, wire::encode_lend(), good_subscription()));
        (void)send(peer, wire::encode_segment(segment), descriptor);
        expect_refused(peer, "a segment: " + what);
    };
    refuse_segment("none", {1, 4096}, {});
    refuse_segment("a pipe", {1, 4096}, pipe_end());
    refuse_segment("unsealed", {1, 4096}, memfd(4096, 0));
    refuse_segment("that others may map to write", {1, 4096}, memfd(4096, subscription_seals));
    refuse_segment("shorter than was said", {1, 8192}, memfd(4096, log_seals));
    refuse_segment("of no bytes", {1, 0}, memfd(4096, log_seals));
    refuse_segment("of 32 TiB", {1, std::uint64_t{1} << 45},
                   memfd(std::size_t{1} << 45, log_seals));
    {
        RawPeer peer = lender();
        (void)send(peer, wire::encode_segment({1, 4096}), memfd(4096, log_seals));
        expect_refused(peer, "a segment twice");
    }
    {
        RawPeer peer = lender();
        (void)send(peer, wire::encode_lend(), good_subscription());
        expect_refused(peer, "a second subscription");
    }
    expect_nothing_left();
}

TEST_F(LyingLender, wrong_references_cost_it_its_link) {
    const auto refuse = [&](const std::string& what, const std::function<void(RawPeer&)>& lie) {
        RawPeer peer = lender();
        lie(peer);
        expect_refused(peer, what);
    };
    const auto refuse_reference = [&](const std::string& what, const Reference& reference) {
        refuse(what, [&](RawPeer& peer) { (void)send(peer, reference); });
    };
    refuse_reference("to a segment that it did not send", {2, 0, 100, 1});
    refuse_reference("beyond the end", {1, 8 * KiB + 1, 0, 1});
    refuse_reference("over the end", {1, 8 * KiB - 1, 2, 1});
    refuse_reference("whose end overflows", {1, 4096, UINT64_MAX, 1});
    refuse_reference("that begins nowhere", {1, UINT64_MAX, 2, 1});
    refuse_reference("over message_bytes_max", {1, 0, large + 1, 1});
    refuse("of another size", [](RawPeer& peer) {
        (void)peer.send(frame_of(Buffer(31), flag_referenced | flag_unchecked, 1));
    });
    refuse("with an extension", [](RawPeer& peer) {
        (void)send(peer, {1, 0, 8, 1}, 1, flag_referenced | flag_unchecked | flag_extended);
    });
    refuse("a notice", [](RawPeer& peer) {
        (void)send(peer, {1, 0, 8, 1}, 1, flag_referenced | flag_unchecked | flag_control);
    });
    refuse("of a message of the past", [](RawPeer& peer) {
        (void)send(peer, {1, 0, 8, 1}, 5);
        (void)send(peer, {1, 0, 8, 2}, 5);
    });
    refuse("after the segment was taken away", [](RawPeer& peer) {
        (void)send(peer, wire::encode_unmap({1}));
        (void)send(peer, {1, 0, 8, 1});
    });
    RawPeer early = introduced();
    (void)send(early, Reference{1, 0, 8, 1});
    expect_refused(early, "before anything was lent");
    RawPeer silent = introduced(false);
    (void)send(silent, Reference{1, 0, 8, 1});
    expect_refused(silent, "of one that does not know references");
    expect_nothing_left();
}

TEST_F(LyingLender, descriptors_that_belong_to_nothing_are_closed) {
    for (const bool knows_references : {true, false}) {
        RawPeer peer = introduced(knows_references);
        const Fd one = memfd(4096, log_seals);
        const std::vector<int> many(8, one.get());
        const std::vector<int> own(4, peer.fd());
        for (int i = 0; i < 20; ++i) {
            (void)peer.send_with(frame_of(wire::encode_unmap({9}), flag_control | flag_unchecked),
                                 i % 2 == 0 ? many : own);
            expect_well();
        }
        EXPECT_TRUE(eventually([&] {
            expect_well();
            return open_descriptors() <= descriptors_ + 4;
        })) << descriptors_text();
    }
    expect_nothing_left();
}

/// A publisher with an honest reader, and beside it one that lies.
class LyingBorrower : public testing::Test {
protected:
    /// One that has mapped what it was lent, and holds the first message that came by reference.
    struct Borrower {
        RawPeer peer;
        std::optional<os::SharedMemory> subscription;
        Reference reference;
        std::uint64_t sequence = 0;
        memory::SubscriptionLayout& layout() {
            return *reinterpret_cast<memory::SubscriptionLayout*>(subscription->data());
        }
    };
    void expect_well() {
        auto loan = publisher_.loan(large).value();
        stamp(loan.span(), ++number_);
        publisher_.publish(std::move(loan)).value();
        auto sample = honest_.receive_for(patience).value();
        EXPECT_EQ(stamped_number(sample->span()), number_);
        EXPECT_EQ(sample.missed().count(), 0u);
    }
    Borrower borrower() {
        wire::Hello hello = hello_of(Pattern::subscriber, schema_of<Bytes>());
        hello.references = true;
        hello.slow = SlowReader::drop_oldest;
        Borrower one{RawPeer::connect(url_), {}, {}};
        EXPECT_EQ(one.peer.introduce(hello), "");
        EXPECT_TRUE(eventually([&] {
            expect_well();
            while (auto frame = one.peer.read_frame(std::chrono::milliseconds{10}))
                if (take(one, *frame)) return true;
            return false;
        }));
        return one;
    }
    static bool take(Borrower& one, const RawPeer::Frame& frame) {
        if ((frame.header.flags & flag_referenced) != 0) {
            one.reference = Reference::decode(
                std::span<const std::byte>{frame.payload}.first<Reference::bytes>());
            one.sequence = frame.header.sequence;
            return true;
        }
        if ((frame.header.flags & flag_control) == 0) return false;
        const auto notice = wire::decode_fast_message(frame.payload).value();
        if (notice.method == wire::method_lend) {
            auto memory = os::SharedMemory::open(
                one.peer.take_descriptor(), os::SharedMemory::Kind::subscription,
                sizeof(memory::SubscriptionLayout), sizeof(memory::SubscriptionLayout));
            EXPECT_TRUE(memory.ok());
            if (memory) one.subscription.emplace(*std::move(memory));
        } else if (notice.method == wire::method_segment) {
            const Fd descriptor = one.peer.take_descriptor();
            EXPECT_EQ(
                ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0),
                MAP_FAILED)
                << "it could write what others read";
            (void)one.peer.send(
                frame_of(wire::encode_mapped({wire::decode_segment(notice).value().number}),
                         flag_control | flag_unchecked));
        }
        return false;
    }
    void expect_refused(Borrower& one, const std::string& what) {
        EXPECT_TRUE(eventually([&] {
            expect_well();
            return one.peer.is_closed(std::chrono::milliseconds{1});
        })) << what;
    }

    std::string url_ = new_url("unix");
    Node home_{quiet("home")}, away_{quiet("away")};
    Publisher<Bytes> publisher_ =
        home_.publisher<Bytes>(url_, {.block_max = std::chrono::milliseconds{20}}).value();
    Subscriber<Bytes> honest_ = away_.subscriber<Bytes>(url_).value();
    std::uint64_t number_ = 0;

    void SetUp() override { publisher_.wait_for(1, patience).value(); }
};

TEST_F(LyingBorrower, loses_its_link_and_nobody_elses_memory_changes) {
    std::vector<Sample<Bytes>> held;
    {
        Borrower one = borrower();
        one.layout().head.store(one.sequence + 1'000'000);
        expect_refused(one, "a head beyond the end");
    }
    {
        Borrower one = borrower();
        one.layout().ring[0].store(one.reference.ticket + (std::uint64_t{1} << 32));
        one.layout().released.store(1);
        expect_refused(one, "a ticket of nobody's");
    }
    {
        Borrower one = borrower();
        one.layout().head.store(one.sequence + 1);
        one.layout().ring[0].store(one.reference.ticket);
        one.layout().ring[1].store(one.reference.ticket);
        one.layout().released.store(2);
        expect_refused(one, "a ticket twice");
    }
    {
        Borrower one = borrower();
        one.layout().released.store(memory::release_ring_entries + 1);
        expect_refused(one, "more releases than the ring has");
    }
    {
        Borrower one = borrower();
        for (const std::uint32_t number : {0u, 77u, UINT32_MAX})
            (void)one.peer.send(
                frame_of(wire::encode_mapped({number}), flag_control | flag_unchecked));
        for (int i = 0; i < 20; ++i) expect_well();
        EXPECT_FALSE(one.peer.is_closed(std::chrono::milliseconds{1})) << "that does no harm";
    }
    EXPECT_TRUE(eventually([&] {
        expect_well();
        return publisher_.subscribers() == 1;
    }));
}

}  // namespace
}  // namespace mycelium::attack
