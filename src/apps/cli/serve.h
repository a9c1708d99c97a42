// mycelium serve: answers requests, with what they asked or by a command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <mycelium/time.h>

#include "apps/cli/ends.h"

namespace mycelium::cli {

struct ServeOptions {
    EndOptions end;
    std::optional<std::string> command;           ///< none: echo
    std::size_t jobs = 1;                         ///< commands that run at the same time
    Duration timeout = std::chrono::seconds{60};  ///< of one command
    std::optional<std::uint64_t> count;           ///< requests; none: until stopped
};

/// Returns the exit status.
int run_serve(const ServeOptions& options);

}  // namespace mycelium::cli
