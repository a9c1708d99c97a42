// mycelium call: asks once and writes the answer to standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <mycelium/time.h>

#include "apps/cli/ends.h"

namespace mycelium::cli {

struct CallOptions {
    EndOptions end;
    std::string body;                 ///< "-": standard input
    std::optional<std::string> file;  ///< in the place of `body`
    std::string method;
    Duration timeout = std::chrono::seconds{5};
    enum class Form : std::uint8_t { line, raw, json } form = Form::line;
    bool is_notification = false;  ///< expects no answer
};

/// Returns the exit status.
int run_call(const CallOptions& options);

}  // namespace mycelium::cli
