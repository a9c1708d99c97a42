// The adapter: the one place that knows what the outside world looks like. In: a recording. Out:
// trades, swaps, watermarks.
#include <cstdio>
#include <sstream>

#include "generated_recording.h"
#include "market.h"
#include "places.h"
#include "publishing.h"
#include "services.h"
#include "stop_signal.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Instant;
using mycelium::Result;

constexpr std::uint64_t batch_max = 64;   // messages between two watermarks
constexpr std::size_t venue_readers = 2;  // the strategy and the table

Result<Recording> open_recording(const Options& options) {
    const auto name_it = [](std::uint64_t line, std::string_view reason) {
        std::fprintf(stderr, "mycelium-trading adapter: line %llu %.*s: skipped\n",
                     static_cast<unsigned long long>(line), static_cast<int>(reason.size()),
                     reason.data());
    };
    if (!options.trades.empty()) return Recording::open(options.trades, name_it);
    std::fprintf(
        stderr,
        "mycelium-trading: no --trades FILE, so the generator feeds both venues (seed %llu)\n",
        static_cast<unsigned long long>(options.seed));
    return Recording::from(std::make_unique<std::istringstream>(generated_recording(options.seed)),
                           "the generated recording", name_it);
}

/// 4822 as "4,822".
std::string grouped(std::uint64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
    return text;
}

class Adapter {
public:
    Adapter(Recording recording, const Options& options, mycelium::Publisher<Trade> trades,
            mycelium::Publisher<PoolSwap> swaps, mycelium::Publisher<Watermark> watermarks)
        : market_(std::move(recording), options.seed),
          options_(options),
          pace_(options.speed),
          trades_(std::move(trades)),
          swaps_(std::move(swaps)),
          watermarks_(std::move(watermarks)) {}

    Result<void> run() {
        wait_for_readers();
        if (options_.seconds) end_ = mycelium::after(*options_.seconds);
        while (!must_stop_) {
            MYCELIUM_TRY(publish_next());
        }
        return finish();
    }

private:
    void wait_for_readers() {
        const auto wait_for = [this](auto& publisher, std::size_t readers) {
            while (!publisher.wait_for(readers, 100ms) && !stop_.is_set()) {
            }
        };
        wait_for(watermarks_, 1);
        wait_for(trades_, venue_readers);
        wait_for(swaps_, venue_readers);
        must_stop_ = stop_.is_set();
    }

    Result<void> publish_next() {
        const MarketEvent event = market_.next();
        const Instant due = pace_.due(market_.now(), std::chrono::steady_clock::now());
        if (due > std::chrono::steady_clock::now() || unmarked_ >= batch_max) {
            MYCELIUM_TRY(publish_watermark());
            wait_until(due);
            if (must_stop_) return {};
        }
        return std::visit([this](const auto& what) { return publish(what); }, event);
    }

    /// Until the message is due, or the job is to end.
    void wait_until(Instant due) {
        const Instant until = std::min(due, end_);
        (void)mycelium::wait(until, stop_);
        must_stop_ = stop_.is_set() || std::chrono::steady_clock::now() >= end_;
    }

    Result<void> publish(const Trade& trade) {
        ++mark_.trades;
        ++unmarked_;
        return result_of(trades_.publish(trade));
    }
    Result<void> publish(const PoolSwap& swap) {
        ++mark_.swaps;
        ++unmarked_;
        return result_of(swaps_.publish(swap));
    }
    Result<void> publish(const PassEnd&) {
        ++mark_.passes;
        const std::uint64_t more = market_.recording().bad_lines_unnamed();
        if (mark_.passes == 1 && more != 0)
            std::fprintf(stderr, "mycelium-trading adapter: … and %s more\n",
                         grouped(more).c_str());
        if (mark_.passes == options_.loops || !market_.has_next_pass()) must_stop_ = true;
        return publish_watermark();
    }
    Result<void> publish_watermark() {
        unmarked_ = 0;
        return result_of(watermarks_.publish(mark_));
    }

    /// The end of the job is a message too: the last watermark. Stopped before it began, the
    /// strategy may yet be on its way.
    Result<void> finish() {
        if (mark_.trades == 0) (void)watermarks_.wait_for(1, 2s);
        mark_.is_final = true;
        MYCELIUM_TRY(publish_watermark());
        const Recording& recording = market_.recording();
        if (recording.bad_lines() + recording.other_messages() != 0)
            std::fprintf(stderr,
                         "mycelium-trading adapter: %llu bad lines and %llu messages of other "
                         "types skipped\n",
                         static_cast<unsigned long long>(recording.bad_lines()),
                         static_cast<unsigned long long>(recording.other_messages()));
        return {};
    }

    Market market_;
    const Options& options_;
    Pace pace_;
    mycelium::Publisher<Trade> trades_;
    mycelium::Publisher<PoolSwap> swaps_;
    mycelium::Publisher<Watermark> watermarks_;
    StopSignal stop_;
    Instant end_ = mycelium::never;
    Watermark mark_;
    std::uint64_t unmarked_ = 0;  ///< messages since the last watermark
    bool must_stop_ = false;
};

}  // namespace

Result<void> run_adapter(const Options& options) {
    MYCELIUM_TRY_ASSIGN(const Places places, Places::under(options.at));
    MYCELIUM_TRY_ASSIGN(Recording recording, open_recording(options));
    mycelium::Node node{"adapter"};
    MYCELIUM_TRY_ASSIGN(auto trades, node.publisher<Trade>(places.trades, lossless()));
    MYCELIUM_TRY_ASSIGN(auto swaps, node.publisher<PoolSwap>(places.swaps, lossless()));
    MYCELIUM_TRY_ASSIGN(auto watermarks, node.publisher<Watermark>(places.watermarks, lossless()));
    Adapter adapter{std::move(recording), options, std::move(trades), std::move(swaps),
                    std::move(watermarks)};
    return adapter.run();
}

}  // namespace trading
