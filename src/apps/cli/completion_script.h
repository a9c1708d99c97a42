// What a shell sources to complete this command's lines. The scripts know no verb and no option:
// they ask `mycelium complete`, and so can never be older than the command.
#pragma once

#include <string_view>

#include <mycelium/result.h>

namespace mycelium::cli {

/// For "bash", "zsh" or "fish"; invalid: no other.
Result<std::string_view> completion_script(std::string_view shell);

}  // namespace mycelium::cli
