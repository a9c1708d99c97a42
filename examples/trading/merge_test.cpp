#include "merge.h"

#include <gtest/gtest.h>
#include <random>
#include <sstream>
#include <variant>
#include <vector>

#include "generated_recording.h"
#include "market.h"

namespace trading {
namespace {

constexpr std::uint64_t passes = 3;

template <class Source>
Source source_of(std::uint64_t seed) {
    auto recording =
        Recording::from(std::make_unique<std::istringstream>(generated_recording(seed)), "test");
    if constexpr (std::is_same_v<Source, Market>)
        return Market{std::move(recording).value(), seed};
    else
        return Source{std::move(recording).value()};
}

struct Told {
    MarketEvent event;
    std::uint64_t now;
};

template <class Source>
std::vector<Told> all_of(std::uint64_t seed) {
    Source source = source_of<Source>(seed);
    std::vector<Told> told;
    for (std::uint64_t ended = 0; ended < passes;) {
        const MarketEvent event = source.next();
        told.push_back({event, source.now()});
        ended += std::holds_alternative<PassEnd>(event);
    }
    return told;
}

/// Equal in what tells two messages of the same kind apart.
bool same(const MarketEvent& a, const MarketEvent& b) {
    if (a.index() != b.index()) return false;
    if (const auto* trade = std::get_if<Trade>(&a)) return *trade == std::get<Trade>(b);
    if (const auto* swap = std::get_if<PoolSwap>(&a)) {
        const auto& other = std::get<PoolSwap>(b);
        return swap->asset_id == other.asset_id && swap->price == other.price &&
               swap->exchange_time == other.exchange_time;
    }
    return true;
}

using Sent = std::variant<Trade, PoolSwap, Watermark>;

Watermark mark_of(Venue venue, std::uint64_t time, std::uint64_t ended, bool is_final = false) {
    Watermark mark;
    mark.venue = static_cast<std::uint16_t>(venue);
    mark.exchange_time = time;
    mark.passes = ended;
    mark.is_final = is_final;
    return mark;
}

/// What a venue publishes, with a watermark before every `batch`-th event and after each pass.
std::vector<Sent> published_by(Venue venue, const std::vector<Told>& told, std::size_t batch) {
    std::vector<Sent> sent;
    std::uint64_t ended = 0;
    std::size_t count = 0;
    for (const Told& one : told) {
        if (count++ % batch == 0) sent.emplace_back(mark_of(venue, one.now, ended));
        if (const auto* trade = std::get_if<Trade>(&one.event); trade && venue == Venue::coinbase)
            sent.emplace_back(*trade);
        if (const auto* swap = std::get_if<PoolSwap>(&one.event); swap && venue == Venue::pool)
            sent.emplace_back(*swap);
        if (std::holds_alternative<PassEnd>(one.event))
            sent.emplace_back(mark_of(venue, one.now + 1, ++ended));
    }
    sent.emplace_back(mark_of(venue, told.back().now + 1, ended, true));
    return sent;
}

void add(Merge& merge, const Sent& sent) {
    std::visit([&](const auto& what) { merge.add(what); }, sent);
}

TEST(Merge, whatever_arrives_first_the_order_is_the_markets) {
    const auto told = all_of<Market>(5);
    const auto first_venue = all_of<Trades>(5);
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
        const auto trades = published_by(Venue::coinbase, first_venue, seed * seed * seed);
        const auto swaps = published_by(Venue::pool, told, 200 / seed);
        std::mt19937_64 random{seed};
        Merge merge;
        std::vector<Told> merged;
        std::size_t next_trade = 0;
        std::size_t next_swap = 0;
        while (next_trade < trades.size() || next_swap < swaps.size()) {
            const bool is_trade = random() % 2 != 0;
            for (std::uint64_t burst = random() % 500; burst > 0; --burst) {
                if (is_trade && next_trade < trades.size()) add(merge, trades[next_trade++]);
                if (!is_trade && next_swap < swaps.size()) add(merge, swaps[next_swap++]);
            }
            while (const auto event = merge.next()) merged.push_back({*event, merge.now()});
        }
        ASSERT_EQ(merged.size(), told.size()) << seed;
        for (std::size_t i = 0; i < told.size(); ++i) {
            ASSERT_TRUE(same(merged[i].event, told[i].event)) << i;
            ASSERT_EQ(merged[i].now, told[i].now) << i;
        }
        EXPECT_TRUE(merge.is_over());
        EXPECT_TRUE(merge.is_exact());
        EXPECT_TRUE(merge.is_whole());
    }
}

Trade trade_at(std::uint64_t time) {
    Trade trade;
    trade.exchange_time = time;
    return trade;
}
PoolSwap swap_at(std::uint64_t time) {
    PoolSwap swap;
    swap.exchange_time = time;
    return swap;
}

TEST(Merge, a_trade_goes_before_a_swap_of_the_same_nanosecond) {
    Merge merge;
    merge.add(swap_at(10));
    EXPECT_FALSE(merge.next()) << "a trade of that time may be under way";
    merge.add(mark_of(Venue::coinbase, 10, 0));
    EXPECT_FALSE(merge.next()) << "it may still be";
    merge.add(trade_at(10));
    EXPECT_TRUE(std::holds_alternative<Trade>(merge.next().value()));
    EXPECT_FALSE(merge.next());
    merge.add(mark_of(Venue::coinbase, 11, 0));
    EXPECT_TRUE(std::holds_alternative<PoolSwap>(merge.next().value()));
}

TEST(Merge, what_is_lost_is_not_waited_for) {
    Merge merge;
    merge.add(trade_at(10));
    EXPECT_FALSE(merge.next());
    merge.add(mark_of(Venue::pool, 20, 0));  // the swaps before it did not arrive
    EXPECT_TRUE(std::holds_alternative<Trade>(merge.next().value()));
}

TEST(Merge, a_venue_that_has_ended_is_not_waited_for) {
    Merge merge;
    merge.add(mark_of(Venue::pool, 5, 0, true));
    merge.add(trade_at(10));
    EXPECT_TRUE(merge.next());
    EXPECT_FALSE(merge.is_over());
    merge.add(mark_of(Venue::coinbase, 11, 0, true));
    EXPECT_FALSE(merge.next());
    EXPECT_TRUE(merge.is_over());
}

TEST(Merge, one_that_begins_in_the_middle_sees_one_end_of_the_passes_before) {
    Merge merge;
    merge.add(mark_of(Venue::coinbase, 100, 57));
    merge.add(trade_at(100));
    merge.add(mark_of(Venue::pool, 101, 57));
    EXPECT_TRUE(std::holds_alternative<PassEnd>(merge.next().value()));
    EXPECT_EQ(merge.passes(), 57u);
    EXPECT_TRUE(std::holds_alternative<Trade>(merge.next().value()));
    EXPECT_FALSE(merge.is_whole());
}

TEST(Merge, a_pass_whose_beginning_a_venue_has_not_played_is_not_whole) {
    for (const Venue late : {Venue::coinbase, Venue::pool}) {
        Merge merge;
        for (const Venue venue : {Venue::coinbase, Venue::pool}) {
            Watermark begin = mark_of(venue, 10, 0);
            begin.began_late = venue == late;
            merge.add(begin);
            merge.add(mark_of(venue, 20, 1));
        }
        EXPECT_TRUE(std::holds_alternative<PassEnd>(merge.next().value()));
        EXPECT_EQ(merge.passes(), 1u);
        EXPECT_FALSE(merge.is_whole());
    }
}

TEST(Merge, a_pass_that_a_venue_has_not_ended_is_not_whole) {
    for (const Venue early : {Venue::coinbase, Venue::pool}) {
        Merge merge;
        for (const Venue venue : {Venue::coinbase, Venue::pool})
            merge.add(mark_of(venue, 20, venue == early ? 0 : 1, true));
        EXPECT_TRUE(std::holds_alternative<PassEnd>(merge.next().value()));
        EXPECT_FALSE(merge.is_whole());
    }
}

TEST(Merge, a_venue_that_begins_anew_holds_nobody_up) {
    Merge merge;
    merge.add(mark_of(Venue::pool, 1'000, 3));
    merge.add(mark_of(Venue::coinbase, 1'000, 3));
    EXPECT_TRUE(std::holds_alternative<PassEnd>(merge.next().value()));
    merge.add(mark_of(Venue::coinbase, 10, 0));
    merge.add(trade_at(10));
    EXPECT_TRUE(std::holds_alternative<Trade>(merge.next().value()));
}

TEST(Merge, what_a_venue_has_said_before_it_began_anew_waits_for_no_pass) {
    Merge merge;
    merge.add(mark_of(Venue::pool, 1'000, 3, true));
    merge.add(mark_of(Venue::coinbase, 1'000, 3));
    EXPECT_TRUE(std::holds_alternative<PassEnd>(merge.next().value()));
    merge.add(mark_of(Venue::coinbase, 1'100, 4));
    merge.add(trade_at(1'100));  // of a pass that the pools do not get to
    merge.add(mark_of(Venue::coinbase, 10, 0));
    merge.add(trade_at(10));
    merge.add(mark_of(Venue::coinbase, 11, 1, true));
    EXPECT_TRUE(std::holds_alternative<Trade>(merge.next().value()));
    EXPECT_TRUE(std::holds_alternative<Trade>(merge.next().value()));
    EXPECT_FALSE(merge.next());
    EXPECT_TRUE(merge.is_over());
}

TEST(Merge, a_silent_venue_is_waited_for_only_so_long) {
    Merge merge;
    for (std::size_t i = 0; i < Merge::held_max; ++i) merge.add(trade_at(i + 1));
    EXPECT_FALSE(merge.next());
    merge.add(trade_at(Merge::held_max + 1));
    EXPECT_TRUE(merge.next());
    EXPECT_FALSE(merge.is_exact());
    EXPECT_FALSE(merge.next());
}

}  // namespace
}  // namespace trading
