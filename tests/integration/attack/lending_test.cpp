// Lending over unix://: processes that die, run out of descriptors or fork, while memory of one
// is in the hands of the other.
#include <algorithm>
#include <set>

#include "attacked.h"
#include "lending_parts.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

constexpr std::size_t large = 1 * MiB;
/// After so many messages one must have gone by descriptor.
constexpr int attempts = 1000;

struct Place {
    std::byte* memory;
    bool is_lent;
};

/// Publishes stamped loans to a holder and says where they lay.
std::vector<Place> lend_to(Peer& holder, Publisher<Bytes>& publisher, std::uint64_t& number,
                           int count) {
    std::vector<Place> places;
    for (int i = 0; i < count; ++i) {
        auto loan = publisher.loan(large).value();
        stamp(loan.span(), ++number);
        places.push_back({loan.span().data(), false});
        publisher.publish(std::move(loan)).value();
        holder.say("hold 1");
        places.back().is_lent = holder.hear() == "1";
    }
    return places;
}

/// Passes one of each size in the ordinary way, so that nothing of it is new when descriptors are
/// out.
void pass_unlent(Publisher<Bytes>& publisher, Subscriber<Bytes>& subscriber,
                 std::uint64_t& number) {
    for (const std::size_t size : {std::size_t{100}, large}) {
        publisher.publish(stamped(++number, size)).value();
        EXPECT_EQ(stamped_number(subscriber.receive_for(patience).value()->span()), number);
    }
    auto loan = publisher.loan(100).value();
    stamp(loan.span(), ++number);
    publisher.publish(std::move(loan)).value();
    EXPECT_EQ(stamped_number(subscriber.receive_for(patience).value()->span()), number);
}

/// Are there chunks at all these places to be had, if a few more are taken besides?
bool are_free(Publisher<Bytes>& publisher, const std::vector<Place>& places) {
    std::vector<Loan<Bytes>> loans;
    std::set<const std::byte*> found;
    for (std::size_t i = 0; i < places.size() + 64; ++i) {
        loans.push_back(publisher.loan(large).value());
        found.insert(loans.back().span().data());
    }
    return std::all_of(places.begin(), places.end(), [&](const Place& place) {
        return !place.is_lent || found.count(place.memory) != 0;
    });
}

std::size_t lent_among(const std::vector<Place>& places) {
    return static_cast<std::size_t>(
        std::count_if(places.begin(), places.end(), [](const Place& one) { return one.is_lent; }));
}

TEST(Lending, what_a_killed_reader_held_comes_back) {
    const std::string url = new_url("unix");
    Node home{quiet("home")};
    auto publisher = home.publisher<Bytes>(url).value();
    Peer holder{Deployment::processes, {"holder", "unix", {{"url", url}}}};
    EXPECT_EQ(holder.hear(), "ready");
    publisher.wait_for(1, patience).value();
    std::uint64_t number = 0;
    const auto places = lend_to(holder, publisher, number, 40);
    ASSERT_GT(lent_among(places), 0u);
    EXPECT_FALSE(are_free(publisher, places)) << "they are held";
    holder.kill();
    EXPECT_TRUE(eventually([&] { return publisher.subscribers() == 0; }));
    // Only for a reader that takes it is memory lent that could pass.
    Node away{quiet("away")};
    auto subscriber = away.subscriber<Bytes>(url).value();
    publisher.wait_for(1, patience).value();
    EXPECT_TRUE(eventually([&] { return are_free(publisher, places); }));
    EXPECT_TRUE(publisher.counters().is_balanced());
}

TEST(Lending, what_a_killed_publisher_lent_stays_whole) {
    const std::string url = new_url("unix");
    Peer lender{Deployment::processes, {"lender", "unix", {{"url", url}}}};
    EXPECT_EQ(lender.hear(), "ready");
    Node home{quiet("home")};
    auto subscriber = home.subscriber<Bytes>(url).value();
    const std::size_t maps = shared_maps();
    std::vector<Sample<Bytes>> held;
    std::uint64_t number = 0;
    for (int i = 0; i < attempts && held.size() < 8; ++i) {
        lender.say("lend 1");
        auto sample = subscriber.receive_for(patience).value();
        EXPECT_EQ(stamped_number(sample->span()), ++number);
        if (is_lent(*sample)) held.push_back(std::move(sample));
    }
    ASSERT_EQ(held.size(), 8u);
    lender.say("lend 5");  // some of them may still be on their way
    (void)subscriber.receive_for(patience);
    lender.kill();
    while (auto sample = subscriber.receive_for(std::chrono::milliseconds{100}))
        EXPECT_TRUE(stamped_number((*sample)->span()));
    EXPECT_TRUE(eventually([&] { return subscriber.publishers() == 0; }));
    for (const auto& sample : held)
        EXPECT_TRUE(stamped_number(sample->span())) << "it was lent to somebody else, or is gone";
    held.clear();
    EXPECT_TRUE(eventually([&] { return shared_maps() <= maps; })) << "a map is left behind";
}

TEST(Lending, a_reader_without_free_descriptors_gets_the_bytes_and_keeps_its_link) {
    const std::string url = new_url("unix");
    Node home{quiet("home")}, away{quiet("away")};
    auto publisher = home.publisher<Bytes>(url).value();
    auto subscriber = away.subscriber<Bytes>(url).value();
    publisher.wait_for(1, patience).value();
    subscriber.wait_for(1, patience).value();
    std::uint64_t number = 0;
    pass_unlent(publisher, subscriber, number);
    // Two segments: their descriptors are on the way.
    std::vector<Loan<Bytes>> loans;
    for (int i = 0; i < 30; ++i) loans.push_back(publisher.loan(large).value());
    loans.pop_back();
    (void)subscriber.fd();  // what it sleeps with
    stamp(loans.back().span(), ++number);
    publisher.publish(std::move(loans.back())).value();
    loans.pop_back();
    std::vector<Sample<Bytes>> samples;  // looked at when there are descriptors to look with
    {
        const DescriptorsExhausted exhausted;
        EXPECT_EQ(stamped_number(subscriber.receive_for(patience).value()->span()), number);
        for (int i = 0; i < 20; ++i) {
            stamp(loans.back().span(), ++number);
            publisher.publish(std::move(loans.back())).value();
            loans.pop_back();
            samples.push_back(subscriber.receive_for(patience).value());
            EXPECT_EQ(stamped_number(samples.back()->span()), number);
            EXPECT_EQ(samples.back().missed().count(), 0u);
        }
    }
    for (const auto& sample : samples) EXPECT_FALSE(is_lent(*sample));
    EXPECT_EQ(count_events(subscriber, Event::Kind::disconnected), 0u);
    pass_unlent(publisher, subscriber, number);
}

TEST(Lending, a_publisher_without_free_descriptors_sends_the_bytes_and_lends_when_it_has_some) {
    const std::string url = new_url("unix");
    Node home{quiet("home")}, away{quiet("away")};
    auto publisher = home.publisher<Bytes>(url).value();
    auto subscriber = away.subscriber<Bytes>(url).value();
    publisher.wait_for(1, patience).value();
    subscriber.wait_for(1, patience).value();
    (void)subscriber.receive_for(std::chrono::milliseconds{1});  // what it sleeps with
    std::uint64_t number = 0;
    pass_unlent(publisher, subscriber, number);
    const auto pass = [&] {
        auto loan = publisher.loan(large).value();
        stamp(loan.span(), ++number);
        publisher.publish(std::move(loan)).value();
        auto sample = subscriber.receive_for(patience).value();
        EXPECT_EQ(stamped_number(sample->span()), number);
        return sample;
    };
    std::vector<Sample<Bytes>> samples;  // looked at when there are descriptors to look with
    {
        const DescriptorsExhausted exhausted;
        for (int i = 0; i < 10; ++i) samples.push_back(pass());
    }
    for (const auto& sample : samples) EXPECT_FALSE(is_lent(*sample));
    int left = attempts;
    while (!is_lent(*pass()) && left > 0) --left;
    EXPECT_GT(left, 0);
}

TEST(Lending, a_forked_child_may_let_go_of_its_parents_samples_and_the_parent_still_has_them) {
    const std::string url = new_url("unix");
    Node home{quiet("home")};
    auto publisher = home.publisher<Bytes>(url).value();
    Peer parent{Deployment::processes, {"forking_reader", "unix", {{"url", url}}}};
    EXPECT_EQ(parent.hear(), "ready");
    publisher.wait_for(1, patience).value();
    for (std::uint64_t number = 1; number <= 40; ++number) {
        auto loan = publisher.loan(70'000).value();
        stamp(loan.span(), number);
        publisher.publish(std::move(loan)).value();
        if (number % 10 != 0) continue;
        parent.say("fork");
        EXPECT_EQ(parent.hear(), "child 0") << "the child's exit code says what went wrong";
    }
    EXPECT_EQ(publisher.subscribers(), 1u);
    EXPECT_EQ(parent.finish(), 0);
}

}  // namespace
}  // namespace mycelium::attack
