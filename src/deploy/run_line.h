// The command line of an executable of services.
#pragma once

#include <string>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/run.h>

namespace mycelium::deploy {

/// `words` are those behind the program's name; what they say wins over `options`. Errors: invalid,
/// with the nearest right word.
struct RunLine {
    RunOptions options;
    bool wants_help = false;
};
Result<RunLine> parse_run_line(const std::vector<std::string>& words, RunOptions options,
                               const std::vector<std::string>& services);
std::string run_help(const std::string& program, const std::vector<std::string>& services);

}  // namespace mycelium::deploy
