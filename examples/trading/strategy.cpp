// The strategy as a service: two venues in, signals out. What it decides is in arbitrage.cpp, in
// which order in merge.cpp.
#include "arbitrage.h"
#include "digest.h"
#include "merge.h"
#include "places.h"
#include "publishing.h"
#include "services.h"
#include "stop_signal.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Result;

constexpr std::size_t batch_max =
    1024;  // messages taken from one port before the others have their turn
constexpr mycelium::Duration patience = 2s;  // with what is under way, after the last watermark

struct Inputs {
    mycelium::Subscriber<Trade> trades;
    mycelium::Subscriber<PoolSwap> swaps;
    mycelium::Subscriber<Watermark> watermarks;
};
struct Outputs {
    mycelium::Publisher<Signal> signals;
    mycelium::Publisher<Report> reports;
};

class Strategy {
public:
    Strategy(Inputs inputs, Outputs outputs) : in_(std::move(inputs)), out_(std::move(outputs)) {}

    Result<void> run() {
        while (!is_done_ && !stop_.is_set()) {
            const auto ready =
                mycelium::wait(give_up_, in_.trades, in_.swaps, in_.watermarks, stop_);
            if (!ready && ready.error() == mycelium::Errc::timeout)
                merge_.settle();
            else if (!ready)
                return ready.error();
            receive();
            MYCELIUM_TRY(decide());
        }
        return {};
    }

private:
    void receive() {
        in_.trades.poll([this](const auto& sample) { take(sample); }, batch_max);
        in_.swaps.poll([this](const auto& sample) { take(sample); }, batch_max);
        in_.watermarks.poll(
            [this](const mycelium::Sample<Watermark>& mark) {
                merge_.add(*mark);
                if (mark->is_final) give_up_ = mycelium::after(patience);
            },
            batch_max);
    }
    template <class T>
    void take(const mycelium::Sample<T>& sample) {
        report_.missed += sample.missed().count();
        merge_.add(*sample, sample.header().sequence);
    }

    Result<void> decide() {
        while (const auto event = merge_.next()) {
            MYCELIUM_TRY(std::visit([this](const auto& what) { return on(what); }, *event));
        }
        if (!merge_.reached().is_final) return {};
        is_done_ = true;
        return publish_report();
    }
    template <class T>
    Result<void> on(const T& message) {
        const auto signal = arbitrage_.on(message, merge_.now());
        if (!signal) return {};
        digest_.add(*signal);
        return result_of(out_.signals.publish(*signal));
    }
    Result<void> on(const PassEnd&) {
        arbitrage_.end_pass();
        if (merge_.reached().passes == 1 && report_.missed == 0) report_.digest = digest_.text();
        return publish_report();
    }

    Result<void> publish_report() {
        const Watermark& reached = merge_.reached();
        report_.trades = reached.trades;
        report_.swaps = reached.swaps;
        report_.passes = reached.passes;
        report_.signals = arbitrage_.signals();
        report_.is_final = reached.is_final;
        // Stopped before it began, the table may yet be on its way.
        if (report_.is_final && report_.trades == 0) (void)out_.reports.wait_for(1, patience);
        return result_of(out_.reports.publish(report_));
    }

    Inputs in_;
    Outputs out_;
    StopSignal stop_;
    Merge merge_;
    Arbitrage arbitrage_;
    Digest digest_;
    Report report_;
    mycelium::Instant give_up_ = mycelium::never;
    bool is_done_ = false;
};

}  // namespace

/// Its own ports stand before it asks for the venues: whoever starts on its presence there finds
/// them.
Result<void> run_strategy(const Options& options) {
    MYCELIUM_TRY_ASSIGN(const Places places, Places::under(options.at));
    mycelium::Node node{"strategy"};
    MYCELIUM_TRY_ASSIGN(auto signals, node.publisher<Signal>(places.signals, lossless()));
    MYCELIUM_TRY_ASSIGN(auto reports, node.publisher<Report>(places.reports, lossless()));
    MYCELIUM_TRY_ASSIGN(auto watermarks, node.subscriber<Watermark>(places.watermarks));
    MYCELIUM_TRY_ASSIGN(auto trades, node.subscriber<Trade>(places.trades));
    MYCELIUM_TRY_ASSIGN(auto swaps, node.subscriber<PoolSwap>(places.swaps));
    Strategy strategy{{std::move(trades), std::move(swaps), std::move(watermarks)},
                      {std::move(signals), std::move(reports)}};
    return strategy.run();
}

}  // namespace trading
