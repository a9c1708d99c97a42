// Player: a venue as a service. Publishes its part of the market when it is due.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>

#include <mycelium/mycelium.h>

#include "job.h"
#include "lead.h"
#include "market.h"
#include "messages.h"
#include "options.h"
#include "outlet.h"
#include "pace.h"

namespace trading {

struct PlayerOptions {
    Venue venue = Venue::coinbase;
    Pace::Speed speed;
    std::uint64_t passes_max = 0;             ///< 0: no end
    std::optional<mycelium::Duration> lasts;  ///< from `began` on
    mycelium::Instant began{};
    /// Another run of this venue was before: what was due by now has been its affair. (Without a
    /// speed nothing is ever due, and it begins anew.)
    bool goes_on = false;
    std::function<void()> on_first_pass;  ///< has ended
};

/// Flat out, or faster than others can follow, a venue does not run away from them: it listens to
/// the strategy's reports, which come as both venues' messages do, and waits while its lead over
/// them is too long, as long as the strategy is alive. One thread.
class Player {
public:
    static constexpr std::uint64_t events_per_mark = 256;  ///< where it is fast

    /// `reports`: of the strategy, which must not be held up by us.
    Player(mycelium::Service& service, Outlet outlet, mycelium::Subscriber<StrategyReport> reports,
           PlayerOptions options);

    /// Until the service is to stop. At the end of the replay it says so, again and again, since
    /// somebody may come late to it.
    template <class Source>
    mycelium::Result<void> run(Source& source) {
        outlet_.wait_for_relay();
        (void)reports_.wait_for(1, std::chrono::seconds{1});
        while (!is_over()) {
            const MarketEvent event = source.next();
            MYCELIUM_TRY(play(event, source.now(), source.has_next_pass()));
        }
        return finish();
    }

private:
    mycelium::Result<void> play(const MarketEvent& event, std::uint64_t now, bool has_next_pass);
    void skip(const MarketEvent& event, bool has_next_pass);
    mycelium::Result<void> publish(const MarketEvent& event, std::uint64_t now, bool has_next_pass);
    mycelium::Result<void> mark(std::uint64_t exchange_time);
    mycelium::Result<void> wait_until(mycelium::Instant due);
    mycelium::Result<void> wait_for_strategy();
    mycelium::Result<void> finish();
    void end_pass(bool has_next_pass);
    void listen();
    bool is_over() const;

    mycelium::Service& service_;
    Outlet outlet_;
    mycelium::Subscriber<StrategyReport> reports_;
    PlayerOptions options_;
    Pace pace_;
    mycelium::Instant end_ = mycelium::never;
    mycelium::Instant begun_;  // this run
    Watermark mark_;
    std::uint64_t unmarked_ = 0;  // events since the last watermark
    Lead lead_;
    std::uint64_t strategy_ = 0;  // the run of it that reported last; 0: none has
    bool has_strategy_ = true;    // somebody may be there to wait for
    bool is_skipping_ = false;
    bool is_at_end_ = false;
};

}  // namespace trading
