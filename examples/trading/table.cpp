// The table as a service: everything in, text out. When all is over it says what there was, and
// with it the job ends.
#include <algorithm>
#include <chrono>
#include <fstream>

#include "arrival.h"
#include "inlet.h"
#include "job.h"
#include "output.h"
#include "profile.h"
#include "relay_watch.h"
#include "screen.h"
#include "tally.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Result;

constexpr std::size_t batch_max = 1024;
constexpr mycelium::Duration patience = 2s;  // with what is under way, when it is to stop

class Table {
public:
    Table(mycelium::Service& service, Inlet market, Inlet signals, Inlet executions, bool is_quiet)
        : service_(service),
          market_(std::move(market)),
          signals_(std::move(signals)),
          executions_(std::move(executions)),
          screen_(is_quiet) {
        if (!is_quiet) relays_.emplace(service);
    }

    /// Until all is over, or nobody can read it.
    Result<void> watch() {
        while (!is_done() && !service_.is_stopping()) {
            const auto news =
                mycelium::wait(screen_.next(), market_, signals_, executions_, service_);
            if (!news && news.error() != mycelium::Errc::timeout) return news.error();
            MYCELIUM_TRY(look());
        }
        const auto give_up = mycelium::after(patience);
        while (!is_done() && mycelium::wait(give_up, market_, signals_, executions_))
            MYCELIUM_TRY(look());
        return {};
    }

    const Tally& tally() const noexcept { return tally_; }
    const Screen& screen() const noexcept { return screen_; }
    MissedBy missed() const {
        MissedBy sum{};
        for (const Inlet* inlet : {&market_, &signals_, &executions_})
            add_to(sum, inlet->receiving().missed_by());
        return sum;
    }

private:
    bool is_done() const { return tally_.is_complete() || screen_.is_broken(); }

    Result<void> look() {
        MYCELIUM_TRY((read<Trade, PoolSwap, Watermark>(market_)));
        MYCELIUM_TRY((read<Signal, StrategyReport>(signals_)));
        MYCELIUM_TRY((read<Fill, ExecutionReport>(executions_)));
        tally_.set_missed(market_.receiving().missed() + signals_.receiving().missed() +
                          executions_.receiving().missed());
        if (std::chrono::steady_clock::now() < screen_.next()) return {};
        Surroundings around;
        around.missed = missed();
        if (relays_) {
            relays_->look();
            around.relays = relays_->states();
        }
        screen_.draw(tally_, std::move(around));
        return {};
    }

    template <class... Ts>
    Result<void> read(Inlet& inlet) {
        Times times;
        Arrival arrival;
        MYCELIUM_TRY(inlet.poll(
            [&](const mycelium::Message& message) {
                times.published = message.origin.timestamp;
                times.relayed = message.header.timestamp;
                times.received = arrival.of(times.relayed, unix_time_ns);
                dispatch<Ts...>(message, [&](const auto& what) { tally_.add(what, times); });
            },
            batch_max));
        return {};
    }

    mycelium::Service& service_;
    Inlet market_;
    Inlet signals_;
    Inlet executions_;
    Screen screen_;
    Tally tally_;
    std::optional<RelayWatch> relays_;
};

std::vector<std::string> fabrics_of(const Job& job, const Options& options) {
    if (job.fabric.empty()) return {};
    if (options.mode != "hosts") return {job.fabric};
    return {job.fabric + "@venues", job.fabric + "@desk"};
}

/// Where whoever started the job will find it, who adds the ledger; or, if nobody did, to standard
/// output.
Result<void> tell(const Job& job, const std::string& summary, bool is_json) {
    if (job.folder.empty()) {
        MYCELIUM_TRY(write_output(is_json ? summary + "}\n" : summary));
        return {};
    }
    const std::string path = job.summary_path();
    std::ofstream file{path + ".new", std::ios::binary};
    file << summary;
    file.close();
    if (!file || std::rename((path + ".new").c_str(), path.c_str()) != 0)
        return mycelium::Error{mycelium::Errc::invalid, path + " cannot be written"};
    return {};
}

}  // namespace

Result<void> run_table(mycelium::Service& service, const Options& options) {
    const Job job = Job::of(service);
    MYCELIUM_TRY_ASSIGN(Ledger ledger, Ledger::open(job.folder, service.name()));
    MYCELIUM_TRY_ASSIGN(Inlet market, Inlet::open(service, "market", {1, 11, 18}, ledger));
    MYCELIUM_TRY_ASSIGN(Inlet signals, Inlet::open(service, "signals", {20, 38}, ledger));
    MYCELIUM_TRY_ASSIGN(Inlet executions, Inlet::open(service, "executions", {40, 58}, ledger));
    for (Inlet* inlet : {&market, &signals, &executions}) inlet->wait_for_relay();
    service.ready();
    Table table{service, std::move(market), std::move(signals), std::move(executions),
                options.is_json};
    MYCELIUM_TRY(table.watch());
    const Tally& tally = table.tally();
    // Stopped before there was anything to tell.
    if (tally.messages() == 0 && !tally.is_complete() && !table.screen().is_broken()) return {};
    Ending ending;
    ending.mode = options.mode;
    ending.profile = profile_of(service.node(), fabrics_of(job, options));
    ending.has_ledger = !job.folder.empty();
    ending.missed = table.missed();
    const std::string summary =
        options.is_json ? summary_json(tally, ending) : summary_text(tally, ending);
    return tell(job, table.screen().has_table() ? "\n" + summary : summary, options.is_json);
}

}  // namespace trading
