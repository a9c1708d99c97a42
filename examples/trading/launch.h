// Launch: the whole job, from its private folder to its ledger.
#pragma once

#include <mycelium/run.h>

#include "options.h"

namespace trading {

/// Runs until all is over, prints the summary and the ledger, and leaves nothing behind. Returns
/// the exit code: 1 if a service has failed or the ledger does not balance. Errors: invalid (a
/// recording or a place that cannot be used, an output that cannot be written).
mycelium::Result<int> launch(const Options& options, mycelium::ServiceFunctions services);

}  // namespace trading
