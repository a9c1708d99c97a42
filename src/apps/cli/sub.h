// mycelium sub: writes what is published to standard output.
#pragma once

#include <cstdint>
#include <optional>

#include <mycelium/time.h>

#include "apps/cli/ends.h"

namespace mycelium::cli {

struct SubOptions {
    EndOptions end;
    enum class Form : std::uint8_t { lines, raw, json } form = Form::lines;
    std::optional<std::uint64_t> count;  ///< how many messages; none: until stopped
    std::optional<Duration> timeout;     ///< longest silence; none: for ever
    SlowReader policy = SlowReader::block;
    tlv::TypeSet types;  ///< empty: all
    std::size_t queue_messages_max = limits::queue_messages_max;
};

/// Returns the exit status.
int run_sub(const SubOptions& options);

}  // namespace mycelium::cli
