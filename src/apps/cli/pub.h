// mycelium pub: sends the lines of standard input, or a file, to whoever subscribes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <mycelium/time.h>

#include "apps/cli/ends.h"

namespace mycelium::cli {

struct PubOptions {
    EndOptions end;
    std::optional<std::string> file;     ///< one message; none: standard input, a message per line
    std::optional<double> rate;          ///< messages per second; none: as fast as they come
    std::optional<std::uint64_t> count;  ///< lines: at most; a file: how often
    std::uint64_t wait = 1;              ///< subscribers to wait for
    std::optional<Duration> timeout;     ///< of that wait; none: for ever
    Duration linger = std::chrono::seconds{5};
};

/// Returns the exit status.
int run_pub(const PubOptions& options);

}  // namespace mycelium::cli
