#include "player.h"

#include <algorithm>
#include <chrono>

namespace trading {

using namespace std::chrono_literals;
using mycelium::Instant;
using mycelium::Result;
using Clock = std::chrono::steady_clock;

namespace {

constexpr mycelium::Duration strategy_patience = 1s;   // without a report of its
constexpr mycelium::Duration repeat_interval = 200ms;  // of the last watermark

}  // namespace

Player::Player(mycelium::Service& service, Outlet outlet,
               mycelium::Subscriber<StrategyReport> reports, PlayerOptions options)
    : service_(service),
      outlet_(std::move(outlet)),
      reports_(std::move(reports)),
      options_(std::move(options)),
      pace_(options_.speed, options_.began),
      begun_(Clock::now()),
      is_skipping_(options_.goes_on && !pace_.is_unlimited()) {
    if (options_.lasts) end_ = options_.began + *options_.lasts;
    mark_.venue = static_cast<std::uint16_t>(options_.venue);
}

bool Player::is_over() const { return is_at_end_ || service_.is_stopping(); }

Result<void> Player::play(const MarketEvent& event, std::uint64_t now, bool has_next_pass) {
    const Instant due = pace_.due(now, Clock::now());
    if (is_skipping_ && due <= begun_) {
        skip(event, has_next_pass);
        return {};
    }
    const bool is_early = due > Clock::now();
    if (std::exchange(is_skipping_, false) || is_early || unmarked_ >= events_per_mark) {
        MYCELIUM_TRY(mark(now));
        if (is_early) MYCELIUM_TRY(wait_until(due));
    }
    return is_over() ? Result<void>{} : publish(event, now, has_next_pass);
}

void Player::skip(const MarketEvent& event, bool has_next_pass) {
    mark_.began_late = 1;
    if (std::holds_alternative<PassEnd>(event)) end_pass(has_next_pass);
}

/// Until it is due, or the replay is to end.
Result<void> Player::wait_until(Instant due) {
    MYCELIUM_TRY(outlet_.flush());
    (void)mycelium::wait(std::min(due, end_), service_);
    is_at_end_ |= Clock::now() >= end_;
    return {};
}

Result<void> Player::publish(const MarketEvent& event, std::uint64_t now, bool has_next_pass) {
    ++unmarked_;
    lead_.add_event();
    if (const auto* trade = std::get_if<Trade>(&event))
        return options_.venue == Venue::coinbase ? outlet_.add(*trade) : Result<void>{};
    if (const auto* swap = std::get_if<PoolSwap>(&event))
        return options_.venue == Venue::pool ? outlet_.add(*swap) : Result<void>{};
    end_pass(has_next_pass);
    if (mark_.passes == 1 && options_.on_first_pass) options_.on_first_pass();
    return mark(now + 1);
}

void Player::end_pass(bool has_next_pass) {
    ++mark_.passes;
    is_at_end_ |= mark_.passes == options_.passes_max || !has_next_pass || Clock::now() >= end_;
}

/// Says how far it has come. Whatever the pace and however short the passes, it comes by here: so
/// this is where it waits for others, and where its time may be over.
Result<void> Player::mark(std::uint64_t exchange_time) {
    unmarked_ = 0;
    mark_.exchange_time = exchange_time;
    lead_.mark(exchange_time);
    MYCELIUM_TRY(outlet_.add(mark_));
    MYCELIUM_TRY(wait_for_strategy());
    is_at_end_ |= Clock::now() >= end_;
    return {};
}

void Player::listen() {
    reports_.poll([this](const mycelium::Sample<StrategyReport>& report) {
        const auto origin = report.origin();
        const bool is_new = origin && std::exchange(strategy_, origin->id) != origin->id;
        has_strategy_ = true;
        // Another run has not seen what it would have to reach.
        if (is_new || report->is_final != 0) lead_.forget();
        lead_.reach(report->exchange_time);
    });
}

Result<void> Player::wait_for_strategy() {
    listen();
    if (!has_strategy_) lead_.forget();
    if (!lead_.is_too_long()) return {};
    MYCELIUM_TRY(outlet_.flush());
    while (lead_.is_too_long() && !is_over()) {
        const Instant patient_until = std::min(mycelium::after(strategy_patience), end_);
        const auto news = mycelium::wait(patient_until, reports_, service_);
        if (!news && news.error() != mycelium::Errc::timeout) return news.error();
        if (!news) {
            lead_.forget();                  // it is not there, or what it waits for was lost
            has_strategy_ = strategy_ != 0;  // it has never been there: others may be content
        }
        listen();
    }
    return {};
}

Result<void> Player::finish() {
    mark_.is_final = 1;
    do {
        MYCELIUM_TRY(outlet_.add(mark_));
        MYCELIUM_TRY(outlet_.flush());
        (void)mycelium::wait(mycelium::after(repeat_interval), service_);
        listen();  // so that nobody waits for us to
    } while (!service_.is_stopping());
    return {};
}

}  // namespace trading
