// Durations and sizes as they are written on a command line: 200ms, 1.5s, 64KiB.
#pragma once

#include "base/quantity.h"

namespace mycelium::cli {

using base::count_of;
using base::parse_duration;
using base::parse_size;
using base::text_of;
using base::text_of_size;

}  // namespace mycelium::cli
