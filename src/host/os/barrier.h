// A memory fence in all threads of all processes that take part, paid for by the one who asks.
#pragma once

#include "host/os/kernel.h"

namespace mycelium::os {

/// Registers this process, once, to be reached by others' barriers; false: the kernel has none, or
/// a filter forbids it. A forked child registers anew. Any thread; a plain load after the first
/// time.
bool reachable_by_barriers(Kernel kernel = this_kernel()) noexcept;

/// Afterwards every store that this thread made before is seen by the next loads of every thread of
/// every registered process, and what they had stored is seen here. So one end of a store-then-load
/// on both sides can do without a fence. False: not available, nothing is ordered. A few µs, and an
/// interruption of each running thread that is reached. Any thread.
bool barrier_everywhere(Kernel kernel = this_kernel()) noexcept;

}  // namespace mycelium::os
