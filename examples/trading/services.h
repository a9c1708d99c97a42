// The three services and the one that starts them. Each runs until its work is done or it is told
// to stop.
#pragma once

#include <mycelium/result.h>
#include <span>
#include <string_view>

#include "options.h"

namespace trading {

/// Publishes a recording and the pools; its last watermark is the end of the job for everybody.
mycelium::Result<void> run_adapter(const Options& options);
/// Reads both venues, publishes signals; its last report is the end of the job for the table.
mycelium::Result<void> run_strategy(const Options& options);
/// Reads everything, shows it on stdout, and prints the summary at the end.
mycelium::Result<void> run_table(const Options& options);

/// Starts the other three as processes of this program with `arguments`, and leaves none of them
/// behind. Returns the exit code: 1 if one of them failed, which has then said why.
mycelium::Result<int> run_launcher(const Options& options,
                                   std::span<const std::string_view> arguments);

}  // namespace trading
