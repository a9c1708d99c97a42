// Lying peers: who writes nonsense into shared memory, or sends it, loses its own link at most.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "attacked.h"
#include "core/wire/extension.h"
#include "core/wire/frame.h"
#include "core/wire/header.h"
#include "core/wire/notices.h"
#include "host/memory/log_writer.h"
#include "host/memory/subscription.h"
#include "liar.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

constexpr unsigned seed = 20240619;

// One run of the suite tells this many lies to bound ports of each kind. Honest acts do not count.
constexpr std::size_t lies_to_publisher = 35'000, lies_to_subscriber = 35'000,
                      lies_to_replier = 15'000, lies_to_requester = 15'000;
static_assert(lies_to_publisher + lies_to_subscriber + lies_to_replier + lies_to_requester >=
              100'000);

std::size_t lies(std::size_t in_the_suite) { return is_long() ? in_the_suite * 20 : in_the_suite; }

/// All kinds of lies were told, as many as there should be, and some of them ended links.
void expect_told(const Lies& told, std::size_t all, std::size_t links, Pattern role) {
    EXPECT_GE(told.total(), all);
    EXPECT_EQ(told.missing(role), "");
    EXPECT_GT(links, 10u) << "nothing that a liar told ended its link";
    std::cout << told.total() << " lies on " << links << " links, seed " << seed << ": "
              << told.text() << '\n';
}

/// What this process has, apart from what the ports keep once they have had a link.
struct Holdings {
    std::size_t descriptors = open_descriptors(), maps = shared_maps();
    /// A port lets go of links that have ended when it is used: by `use`.
    template <class Use>
    void expect_same_after(Use use) const {
        EXPECT_TRUE(eventually([&] {
            use();
            return open_descriptors() <= descriptors && shared_maps() <= maps;
        })) << open_descriptors()
            << " descriptors, " << descriptors << " before:\n"
            << descriptors_text() << shared_maps() << " maps, " << maps << " before";
    }
};

/// A publisher and an honest subscriber of it.
class Audience {
public:
    Audience() {
        publisher_.wait_for(1, patience).value();
        subscriber_.wait_for(1, patience).value();
    }
    const std::string& url() const { return url_; }
    Publisher<Bytes>& publisher() { return publisher_; }
    /// One more message of any kind passes.
    void expect_well() {
        const std::size_t sizes[] = {8, 900, 2000, 40'000};
        const Outcome outcome = publisher_.publish(stamped(number_ + 1, sizes[(number_ + 1) % 4]));
        ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
        ++number_;
        auto sample = subscriber_.receive_for(patience);
        ASSERT_TRUE(sample.ok()) << sample.error().to_string();
        EXPECT_EQ(stamped_number((*sample)->span()), number_);
        EXPECT_EQ(sample->missed().count(), 0u);
    }
    void expect_ledger() {
        const Counters counters = publisher_.counters();
        EXPECT_LE(counters.delivered + counters.dropped_total(), counters.sent);
    }
    /// With the honest subscriber alone: a liar may say that it is done with what it neither
    /// handed out nor dropped, and its ledger shows just that.
    void expect_balanced_from_here() {
        EXPECT_TRUE(publisher_.drain(patience).ok());
        const Counters before = publisher_.counters();
        for (int i = 0; i < 8; ++i) expect_well();
        EXPECT_TRUE(publisher_.drain(patience).ok());
        const Counters after = publisher_.counters();
        EXPECT_EQ(after.sent, before.sent + 8);
        EXPECT_EQ(after.delivered, before.delivered + 8);
        EXPECT_EQ(after.dropped_total(), before.dropped_total());
        EXPECT_EQ(after.in_flight(), 0u);
    }

private:
    std::string url_ = new_url("shm");
    Node home_{quiet("home")}, away_{quiet("away")};
    Publisher<Bytes> publisher_ =
        home_.publisher<Bytes>(url_, {.block_max = std::chrono::milliseconds{1}}).value();
    Subscriber<Bytes> subscriber_ = away_.subscriber<Bytes>(url_).value();
    std::uint64_t number_ = 0;
};

TEST(LyingShmPeer, a_subscriber_that_writes_anything_costs_the_others_nothing) {
    std::mt19937_64 random{seed};
    Audience audience;
    for (int i = 0; i < 8; ++i) audience.expect_well();
    const std::size_t all = lies(lies_to_publisher);
    Lies told;
    std::size_t links = 0;
    for (; told.total() < all; ++links) {
        Liar liar{audience.url(), liars_hello("subscriber", random), random};
        for (std::size_t i = 0; i < 1000 && told.total() < all; ++i) {
            told.add(liar.lie());
            if (i % 20 != 19) continue;
            audience.expect_well();
            audience.expect_ledger();
            if (testing::Test::HasFailure()) FAIL() << "lie " << told.total() << ", link " << links;
            if (liar.is_closed()) break;
        }
    }
    expect_told(told, all, links, Pattern::subscriber);
    EXPECT_TRUE(eventually([&] { return audience.publisher().subscribers() == 1; }));
    audience.expect_balanced_from_here();
}

/// A bound subscriber and an honest publisher to it. What else comes is a liar's.
class Target {
public:
    Target() { publisher_.wait_for(1, patience).value(); }
    const std::string& url() const { return url_; }
    Subscriber<Bytes>& subscriber() { return subscriber_; }
    void expect_well() {
        ++number_;
        publisher_.publish(stamped(number_, number_ % 3 == 0 ? 3000 : 100)).value();
        const bool has_come = eventually([&] {
            auto sample = subscriber_.receive_for(patience);
            EXPECT_TRUE(sample.ok()) << sample.error().to_string();
            if (!sample) return true;
            const auto number = stamped_number((*sample)->span());
            if (!number || *number >= liars_numbers || *number == 0) {
                keep(*std::move(sample));
                return false;
            }
            EXPECT_EQ(*number, number_) << "a foreign message, or a lost one";
            return true;
        });
        EXPECT_TRUE(has_come) << "nothing of the honest publisher";
    }
    void forget() { kept_.clear(); }

private:
    void keep(Sample<Bytes> sample) {
        kept_.push_back(std::move(sample));
        if (kept_.size() > 16) kept_.erase(kept_.begin() + 5);
    }
    std::string url_ = new_url("shm");
    Node home_{quiet("home")}, away_{quiet("away")};
    Subscriber<Bytes> subscriber_ =
        home_.subscriber<Bytes>(url_, {.role = Role::bind, .message_bytes_max = 1 * MiB}).value();
    Publisher<Bytes> publisher_ = away_.publisher<Bytes>(url_, {.role = Role::connect}).value();
    std::uint64_t number_ = 0;
    std::vector<Sample<Bytes>> kept_;
};

TEST(LyingShmPeer, a_publisher_that_writes_anything_costs_the_others_nothing) {
    std::mt19937_64 random{seed};
    Target target;
    for (int i = 0; i < 8; ++i) target.expect_well();
    const Holdings before;
    const std::size_t all = lies(lies_to_subscriber);
    Lies told;
    std::size_t links = 0;
    for (; told.total() < all; ++links) {
        Liar liar{target.url(), liars_hello("publisher", random), random};
        for (std::size_t i = 0; i < 1000 && told.total() < all; ++i) {
            told.add(liar.lie());
            if (i % 20 != 19) continue;
            target.expect_well();
            if (testing::Test::HasFailure()) FAIL() << "lie " << told.total() << ", link " << links;
            if (liar.is_closed()) break;
        }
    }
    expect_told(told, all, links, Pattern::publisher);
    before.expect_same_after([&] {
        target.expect_well();
        target.forget();
    });
    EXPECT_EQ(target.subscriber().publishers(), 1u);
}

/// A replier and an honest requester to it.
TEST(LyingShmPeer, a_requester_that_writes_anything_costs_the_others_nothing) {
    std::mt19937_64 random{seed};
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url("shm");
    auto replier = home.replier<Bytes, Bytes>(url, {.linger = 10ms}).value();
    auto requester = away.requester<Bytes, Bytes>(url).value();
    std::uint64_t number = 0;
    const auto expect_well = [&] {
        const std::size_t size = ++number % 3 == 0 ? 3000 : 100;
        auto call = requester.begin_call(stamped(number, size), patience).value();
        std::optional<Result<std::shared_ptr<const Bytes>>> answer;
        EXPECT_TRUE(eventually([&] {
            for (int i = 0; i < 100; ++i)
                if (auto request = replier.try_receive())
                    (void)request->answer(request->question());
            return (answer = call.try_result()).has_value();
        }));
        ASSERT_TRUE(answer && answer->ok());
        EXPECT_EQ(stamped_number((**answer)->span()), number);
    };
    for (int i = 0; i < 8; ++i) expect_well();
    const Holdings before;
    const std::size_t all = lies(lies_to_replier);
    Lies told;
    std::size_t links = 0;
    const wire::Hello hello = liars_hello("requester", random);
    for (; told.total() < all; ++links) {
        Liar liar{url, hello, random};
        for (std::size_t i = 0; i < 1000 && told.total() < all; ++i) {
            told.add(liar.lie());
            if (i % 20 != 19) continue;
            expect_well();
            if (testing::Test::HasFailure()) FAIL() << "lie " << told.total() << ", link " << links;
            if (liar.is_closed()) break;
        }
    }
    expect_told(told, all, links, Pattern::requester);
    before.expect_same_after(expect_well);
    EXPECT_EQ(replier.port().peers(), 1u);
}

/// Asks, and never takes an answer: as a requester would whose reading has stopped.
class Deaf {
public:
    explicit Deaf(const std::string& url) : peer_(RawPeer::connect(url)) {
        EXPECT_EQ(
            peer_.introduce(hello_of(Pattern::requester, schema_of<Bytes>(), schema_of<Bytes>())),
            "");
        const std::array<int, 2> descriptors{subscription_.memory().fd(), log_.memory().fd()};
        const auto attach = wire::encode_attach({.epoch = 77, .next_sequence = 1, .has_past = 0});
        EXPECT_TRUE(peer_.send_with(frame_of(attach, flag_control | flag_unchecked), descriptors));
    }
    /// False: its questions are not taken any more.
    bool ask(Duration limit) {
        CallInfo call;
        call.kind = CallKind::request;
        call.id = next_;
        Buffer payload(wire::extension_size(call));
        wire::encode_extension(call, payload);
        Header header;
        header.flags = flag_unchecked | flag_extended;
        header.payload_size = static_cast<std::uint32_t>(payload.size());
        const bool has_room =
            eventually([&] { return next_ - subscription_.head(next_).value_or(0) < 500; }, limit);
        if (!has_room) return false;
        header.sequence = next_++;
        log_.append(wire::header_words(header), payload, {});
        log_.commit();
        if (os::ring(subscription_.reader_sleeps(), false) == os::Wake::by_socket)
            (void)peer_.send(Buffer(1), Duration{0});
        return true;
    }

private:
    RawPeer peer_;
    memory::SubscriptionWriter subscription_ =
        memory::SubscriptionWriter::create({.begin_sequence = 1}).value();
    memory::LogWriter log_ = [] {
        auto log = memory::LogWriter::create(64 * KiB, {}).value();
        log.reserve(32 * KiB).value();
        log.reserve(64 * KiB).value();
        return log;
    }();
    std::uint64_t next_ = 1;
};

TEST(LyingShmPeer, a_requester_that_takes_no_answers_costs_the_replier_no_memory) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url("shm");
    auto replier = home.replier<Bytes, Bytes>(url, {.linger = 10ms}).value();
    auto requester = away.requester<Bytes, Bytes>(url).value();
    std::thread serving{
        [&] { (void)replier.serve([&](const Bytes&) { return stamped(1, 64 * KiB); }); }};
    (void)requester.call(stamped(1, 8), patience).value();
    const std::size_t before = resident_bytes();
    Deaf deaf{url};
    int asked = 0;
    while (asked < 8000 && deaf.ask(1s)) ++asked;
    std::cout << asked << " questions were taken\n";
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ((*requester.call(stamped(1, 8), patience).value()).size(), 64 * KiB);
    if (!is_sanitized()) {
        EXPECT_LT(resident_bytes(), before + 256 * MiB) << "its answers are kept without bound";
    }
    home.stop();
    serving.join();
}

TEST(LyingShmPeer, a_replier_that_writes_anything_leaves_every_call_an_outcome) {
    std::mt19937_64 random{seed};
    Node home{quiet("home")};
    const std::string url = new_url("shm");
    auto requester = home.requester<Bytes, Bytes>(url, {.role = Role::bind}).value();
    const std::size_t all = lies(lies_to_requester);
    const wire::Hello hello = liars_hello("replier", random);
    Lies told;
    std::size_t links = 0, outcomes = 0;
    for (; told.total() < all; ++links) {
        Liar liar{url, hello, random};
        std::vector<PendingCall<Bytes>> pending;
        for (std::size_t i = 0; i < 1000 && told.total() < all; ++i) {
            told.add(liar.lie());
            if (i % 20 != 19) continue;
            if (pending.size() < 64)
                if (auto call = requester.begin_call(stamped(i, i % 3 * 1500 + 8), 20ms))
                    pending.push_back(*std::move(call));
            if (liar.is_closed()) break;
        }
        for (auto& call : pending) {
            (void)call.wait();
            ++outcomes;
        }
    }
    expect_told(told, all, links, Pattern::replier);
    EXPECT_GT(outcomes, 0u);
    EXPECT_TRUE(eventually([&] { return requester.port().peers() == 0; }));
    Node away{quiet("away")};
    auto replier = away.replier<Bytes, Bytes>(url, {.role = Role::connect}).value();
    std::thread serving{
        [&] { (void)replier.serve([](const Bytes& question) { return question; }); }};
    EXPECT_EQ(stamped_number((*requester.call(stamped(5, 5000), patience).value()).span()), 5u);
    away.stop();
    serving.join();
}

TEST(LyingShmPeer, a_process_that_lied_leaves_nothing_with_those_it_lied_to) {
    Audience audience;
    Target target;
    for (int i = 0; i < 8; ++i) {
        audience.expect_well();
        target.expect_well();
    }
    const Holdings before;
    for (std::uint64_t round = 0; round < 4 && !testing::Test::HasFailure(); ++round) {
        const auto liar = [&](const char* role, const std::string& url) {
            return Peer{Deployment::processes,
                        {"liar",
                         "shm",
                         {{"url", url},
                          {"role", role},
                          {"seed", std::to_string(seed + round)},
                          {"lies", std::to_string(lies(1000))}}}};
        };
        Peer reading = liar("subscriber", audience.url());
        Peer writing = liar("publisher", target.url());
        std::string told[2];
        EXPECT_TRUE(eventually([&] {
            audience.expect_well();
            audience.expect_ledger();
            target.expect_well();
            if (told[0].empty() || told[0][0] == '<') told[0] = reading.hear(1ms);
            if (told[1].empty() || told[1][0] == '<') told[1] = writing.hear(1ms);
            return told[0][0] == 't' && told[1][0] == 't';
        })) << told[0]
            << ", " << told[1];
        std::cout << told[0] << "; " << told[1] << '\n';
        writing.kill();
        reading.kill();
    }
    // What a dead reader held is taken back when memory is wanted.
    before.expect_same_after([&] {
        for (int i = 0; i < 4; ++i) audience.expect_well();
        target.expect_well();
        target.forget();
    });
    EXPECT_EQ(audience.publisher().subscribers(), 1u);
    EXPECT_EQ(target.subscriber().publishers(), 1u);
}

}  // namespace
}  // namespace mycelium::attack
