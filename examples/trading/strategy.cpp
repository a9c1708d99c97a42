// The strategy as a service: two venues in, signals out. What it decides is in arbitrage.cpp, in
// which order in merge.cpp.
#include <chrono>
#include <variant>

#include "arbitrage.h"
#include "digest.h"
#include "inlet.h"
#include "job.h"
#include "merge.h"
#include "outlet.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Result;

constexpr std::size_t batch_max = 1024;
constexpr std::uint64_t events_per_report = 4096;      // by which venues that play flat out go
constexpr mycelium::Duration patience = 2s;            // with what is under way, when it is to stop
constexpr mycelium::Duration repeat_interval = 200ms;  // of the last report

class Strategy {
public:
    Strategy(mycelium::Service& service, Inlet market, Outlet signals)
        : service_(service), market_(std::move(market)), signals_(std::move(signals)) {}

    /// The venues say when all is over; from then on it repeats its last report, since somebody may
    /// come late to it.
    Result<void> run() {
        MYCELIUM_TRY(publish_report());  // so that who waits for us knows that we are another run
        while (!service_.is_stopping()) {
            const auto news = mycelium::wait(next_report_, market_, service_);
            if (!news && news.error() != mycelium::Errc::timeout) return news.error();
            MYCELIUM_TRY(look());
        }
        const auto give_up = mycelium::after(patience);
        while (!merge_.is_over() && mycelium::wait(give_up, market_)) MYCELIUM_TRY(look());
        report_.is_final = 1;
        return publish_report();
    }

private:
    Result<void> look() {
        MYCELIUM_TRY(market_.poll(
            [this](const mycelium::Message& message) {
                dispatch<Trade, PoolSwap, Watermark>(
                    message, [this](const auto& what) { merge_.add(what); });
            },
            batch_max));
        while (const auto event = merge_.next()) {
            MYCELIUM_TRY(std::visit([this](const auto& what) { return on(what); }, *event));
            if (++unreported_ >= events_per_report) MYCELIUM_TRY(publish_report());
        }
        const bool was_final = report_.is_final != 0;
        report_.is_final = merge_.is_over();
        if (report_.is_final == 0)
            next_report_ = mycelium::never;
        else if (!was_final || next_report_ <= std::chrono::steady_clock::now())
            MYCELIUM_TRY(publish_report());
        return signals_.flush();
    }
    Result<void> on(const Trade& trade) {
        ++report_.trades;
        return follow(arbitrage_.on(trade, merge_.now()));
    }
    Result<void> on(const PoolSwap& swap) {
        ++report_.swaps;
        return follow(arbitrage_.on(swap, merge_.now()));
    }
    Result<void> follow(const std::optional<Signal>& signal) {
        if (!signal) return {};
        digest_.add(*signal);
        return signals_.add(*signal);
    }
    Result<void> on(const PassEnd&) {
        arbitrage_.end_pass();
        report_.passes = merge_.passes();
        if (std::exchange(is_first_pass_, false) && report_.passes == 1 &&
            market_.receiving().has_all_of(2) && merge_.is_exact() && merge_.is_whole()) {
            report_.has_digest = 1;
            report_.digest = digest_.value();
        }
        return publish_report();
    }
    Result<void> publish_report() {
        report_.signals = arbitrage_.signals();
        report_.missed = market_.receiving().missed();
        report_.exchange_time = merge_.now();
        unreported_ = 0;
        next_report_ = mycelium::after(repeat_interval);
        MYCELIUM_TRY(signals_.add(report_));
        return signals_.flush();
    }

    mycelium::Service& service_;
    Inlet market_;
    Outlet signals_;
    Merge merge_;
    Arbitrage arbitrage_;
    Digest digest_;
    StrategyReport report_;
    mycelium::Instant next_report_ = mycelium::never;
    std::uint64_t unreported_ = 0;  // events since the last report
    bool is_first_pass_ = true;
};

}  // namespace

Result<void> run_strategy(mycelium::Service& service) {
    const Job job = Job::of(service);
    MYCELIUM_TRY_ASSIGN(Ledger ledger, Ledger::open(job.folder, service.name()));
    MYCELIUM_TRY_ASSIGN(Outlet signals, Outlet::open(service, "signals-in", ledger));
    MYCELIUM_TRY_ASSIGN(Inlet market, Inlet::open(service, "market", {1, 11, 18}, ledger));
    signals.wait_for_relay();
    market.wait_for_relay();
    service.ready();
    Strategy strategy{service, std::move(market), std::move(signals)};
    return strategy.run();
}

}  // namespace trading
