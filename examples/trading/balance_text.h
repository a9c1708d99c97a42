// A balance as text, for people and for programs.
#pragma once

#include <string>

#include "balance.h"

namespace trading {

/// A line for each row, the faults, and what follows from it. "-": not known on this host.
std::string balance_text(const Balance& balance);
/// {"is_balanced":true,"is_partial":false,"all_published":…,"faults":[…],"rows":[{…}]}; null: not
/// known on this host.
std::string balance_json(const Balance& balance);

}  // namespace trading
