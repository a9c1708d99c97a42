// The verbs that write what a package installs beside the command: manual, completion, and
// complete, which the completion scripts call. They are in no help.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "apps/cli/description.h"

namespace mycelium::cli {

struct ManualOptions {
    std::optional<std::string> verb;    ///< none: the page of the command as a whole
    std::optional<std::string> folder;  ///< write all pages there instead, as NAME.1
};

int run_manual(const VerbDescription& command, const ManualOptions& options);
int run_completion(const std::string& shell);
/// `words`: "complete", then either those behind the command's name, the last one being written,
/// or "--line" and the beginning of a line as a shell has it.
int run_complete(const VerbDescription& command, std::span<const std::string> words);

}  // namespace mycelium::cli
