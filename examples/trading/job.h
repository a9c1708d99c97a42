// Job: what all services of one job have in common besides the options.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mycelium/run.h>
#include <mycelium/time.h>

#include "options.h"

namespace trading {

/// Passes from the program that starts them to the services as arguments. A value.
struct Job {
    std::string folder;          ///< private, for the ledger; empty: none is kept
    std::uint64_t began_ns = 0;  ///< Unix time at which the replay began; 0: when a service starts
    std::string fabric;          ///< its name; empty: nobody supervises

    std::vector<std::string> arguments() const;
    static Job of(const mycelium::Service& service);

    /// On this machine's steady clock.
    mycelium::Instant began() const;
    std::string summary_path() const { return folder + "/summary"; }
};

std::uint64_t unix_time_ns() noexcept;

/// The services. Each runs until it is told to stop; the table, until all is over.
mycelium::Result<void> run_coinbase(mycelium::Service& service, const Options& options);
mycelium::Result<void> run_pools(mycelium::Service& service, const Options& options);
mycelium::Result<void> run_strategy(mycelium::Service& service);
mycelium::Result<void> run_execution(mycelium::Service& service);
mycelium::Result<void> run_table(mycelium::Service& service, const Options& options);
mycelium::Result<void> run_chaos(mycelium::Service& service, const Options& options);

}  // namespace trading
