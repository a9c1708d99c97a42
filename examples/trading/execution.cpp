// The execution as a service: signals in, fills out. What it decides is in paper.cpp.
#include <chrono>

#include "inlet.h"
#include "job.h"
#include "outlet.h"
#include "paper.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Result;

constexpr std::size_t batch_max = 1024;
constexpr mycelium::Duration patience = 2s;            // with what is under way, when it is to stop
constexpr mycelium::Duration repeat_interval = 200ms;  // of the last report

class Execution {
public:
    Execution(mycelium::Service& service, Inlet signals, Outlet executions)
        : service_(service), signals_(std::move(signals)), executions_(std::move(executions)) {}

    Result<void> run() {
        while (!service_.is_stopping()) {
            const auto news = mycelium::wait(next_report_, signals_, service_);
            if (!news && news.error() != mycelium::Errc::timeout) return news.error();
            MYCELIUM_TRY(look());
        }
        const auto give_up = mycelium::after(patience);
        while (report_.is_final == 0 && mycelium::wait(give_up, signals_)) MYCELIUM_TRY(look());
        report_.is_final = 1;
        return publish_report();
    }

private:
    Result<void> look() {
        Result<void> done;
        bool has_report = false;
        MYCELIUM_TRY(signals_.poll(
            [&](const mycelium::Message& message) {
                dispatch<Signal, StrategyReport>(message, [&]<class T>(const T& what) {
                    if constexpr (std::is_same_v<T, Signal>) {
                        ++report_.signals;
                        if (done) done = executions_.add(paper_.on(what));
                    } else {
                        has_report = true;
                        report_.is_final = what.is_final;
                    }
                });
            },
            batch_max));
        MYCELIUM_TRY(std::move(done));
        const bool repeats = next_report_ <= std::chrono::steady_clock::now();
        if (has_report || repeats) MYCELIUM_TRY(publish_report());
        return executions_.flush();
    }
    Result<void> publish_report() {
        report_.fills = paper_.fills();
        report_.fees = paper_.fees();
        report_.profit = paper_.profit();
        report_.missed = signals_.receiving().missed();
        next_report_ = report_.is_final != 0 ? mycelium::after(repeat_interval) : mycelium::never;
        MYCELIUM_TRY(executions_.add(report_));
        return executions_.flush();
    }

    mycelium::Service& service_;
    Inlet signals_;
    Outlet executions_;
    Paper paper_;
    ExecutionReport report_;
    mycelium::Instant next_report_ = mycelium::never;
};

}  // namespace

Result<void> run_execution(mycelium::Service& service) {
    const Job job = Job::of(service);
    MYCELIUM_TRY_ASSIGN(Ledger ledger, Ledger::open(job.folder, service.name()));
    MYCELIUM_TRY_ASSIGN(Outlet executions, Outlet::open(service, "executions-in", ledger));
    MYCELIUM_TRY_ASSIGN(Inlet signals, Inlet::open(service, "signals", {20, 38}, ledger));
    executions.wait_for_relay();
    signals.wait_for_relay();
    service.ready();
    Execution execution{service, std::move(signals), std::move(executions)};
    return execution.run();
}

}  // namespace trading
