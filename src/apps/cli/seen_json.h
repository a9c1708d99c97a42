// Nodes as JSON.
#pragma once

#include <string>

#include <mycelium/result.h>

#include "apps/cli/looking.h"

namespace mycelium::cli {

/// {"nodes":[…],"processes_unreadable":n} in one line: who there is and who is linked to whom. With
/// `before` also what they count, and rates since then.
Result<std::string> json_of(const Look& look, const Look* before, std::size_t processes_unreadable);

}  // namespace mycelium::cli
