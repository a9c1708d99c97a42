// Which recording is played: the one that the options name, or a made-up one.
#pragma once

#include <mycelium/result.h>

#include "options.h"
#include "recording.h"

namespace trading {

/// Errors: those of Recording::open().
mycelium::Result<Recording> open_recording(const Options& options,
                                           Recording::OnBadLine on_bad_line);

}  // namespace trading
