// mycelium ps, start, stop, restart, down: running fabrics, seen and controlled.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

#include "deploy/control.h"

namespace mycelium::cli {

struct PsOptions {
    std::string fabric;  ///< empty: all
    bool json = false;
};
/// Returns the exit status.
int run_ps(const PsOptions& options);

struct ControlOptions {
    std::string fabric;
    std::string service;
};
/// `verb` is start, stop, restart or down. Returns the exit status.
int run_control(std::string_view verb, const ControlOptions& options);

/// Whether what `verb` asks for has come true, by the status that it was answered with. Errors:
/// failed.
Result<void> fulfilment_of(std::string_view verb, std::string_view service,
                           const deploy::FabricStatus& fabric);

/// A fabric's services as lines without newlines, of any length.
std::vector<std::string> lines_of(const deploy::FabricStatus& fabric);

}  // namespace mycelium::cli
