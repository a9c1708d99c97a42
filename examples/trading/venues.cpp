// The two venues as services: the recorded one, and the pools, which play the same market and
// publish their part of it.
#include <chrono>
#include <cstdio>
#include <sstream>

#include "generated_recording.h"
#include "job.h"
#include "ledger.h"
#include "market.h"
#include "player.h"
#include "recordings.h"
#include "relay_watch.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Result;

/// 4822 as "4,822".
std::string grouped(std::uint64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
    return text;
}

void say_skipped(const Recording& recording) {
    if (const std::uint64_t more = recording.bad_lines_unnamed(); more != 0)
        std::fprintf(stderr, "mycelium-trading coinbase: … and %s more\n", grouped(more).c_str());
    if (recording.bad_lines() + recording.other_messages() != 0)
        std::fprintf(stderr,
                     "mycelium-trading coinbase: %llu bad lines and %llu messages of other types "
                     "skipped\n",
                     static_cast<unsigned long long>(recording.bad_lines()),
                     static_cast<unsigned long long>(recording.other_messages()));
}

/// Between hosts nobody can say who starts first: the relay knows who is there.
void wait_for_readers(mycelium::Service& service) {
    const auto url = control_of(service, "market");
    if (!url) return;
    auto relay = service.node().requester<mycelium::RelayCommand, mycelium::RelayReport>(*url);
    if (!relay) return;
    const auto has = [](const mycelium::RelayReport& report, std::string_view name) {
        for (const auto& consumer : report.consumers)
            if (consumer.name == name) return true;
        return false;
    };
    while (!service.is_stopping()) {
        const auto report = relay->call({"list", {}}, 1s);
        if (report && has(**report, "strategy") && has(**report, "table")) return;
        (void)mycelium::wait(mycelium::after(10ms), service);
    }
}

template <class Source>
Result<void> run_venue(mycelium::Service& service, const Options& options, Source source,
                       PlayerOptions playing) {
    const Job job = Job::of(service);
    playing.speed = options.speed;
    playing.passes_max = options.loops;
    playing.lasts = options.seconds;
    playing.goes_on = !job.folder.empty() && Ledger::runs(job.folder, service.name()) != 0;
    MYCELIUM_TRY_ASSIGN(Ledger ledger, Ledger::open(job.folder, service.name()));
    mycelium::SubscriberOptions reading;
    reading.slow = mycelium::SlowReader::drop_oldest;
    MYCELIUM_TRY_ASSIGN(const std::string signals, service.dial("signals"));
    MYCELIUM_TRY_ASSIGN(auto reports, service.node().subscriber<StrategyReport>(signals, reading));
    MYCELIUM_TRY_ASSIGN(Outlet outlet, Outlet::open(service, "market-in", ledger));
    service.ready();
    if (options.mode == "hosts" && !playing.goes_on) wait_for_readers(service);
    playing.began = job.began();
    Player player{service, std::move(outlet), std::move(reports), std::move(playing)};
    return player.run(source);
}

}  // namespace

Result<void> run_coinbase(mycelium::Service& service, const Options& options) {
    MYCELIUM_TRY_ASSIGN(Recording recording,
                        open_recording(options, [](std::uint64_t line, std::string_view reason) {
                            std::fprintf(stderr,
                                         "mycelium-trading coinbase: line %llu %.*s: skipped\n",
                                         static_cast<unsigned long long>(line),
                                         static_cast<int>(reason.size()), reason.data());
                        }));
    Trades trades{std::move(recording)};
    PlayerOptions playing;
    playing.venue = Venue::coinbase;
    playing.on_first_pass = [&trades] { say_skipped(trades.recording()); };
    return run_venue<Trades&>(service, options, trades, std::move(playing));
}

Result<void> run_pools(mycelium::Service& service, const Options& options) {
    MYCELIUM_TRY_ASSIGN(Recording recording, open_recording(options, {}));
    PlayerOptions playing;
    playing.venue = Venue::pool;
    Market market{std::move(recording), options.seed};
    return run_venue<Market&>(service, options, market, std::move(playing));
}

}  // namespace trading
