// A memory fence in all threads of all processes that take part, or of this one, paid for by the
// one who asks.
#pragma once

#include <mycelium/time.h>

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
///
/// Linux (seen with 6.18) does not reach a thread on a processor where its process was the
/// last one to run before it registered, until another process has run there. Who relies on this
/// looks once more after second_look_after, when every store of then has long been seen.
bool barrier_everywhere(Kernel kernel = this_kernel()) noexcept;

inline constexpr Duration second_look_after = std::chrono::milliseconds{1};

/// The same for the threads of this process, once it is reachable_by_barriers(); all of them.
bool barrier_within(Kernel kernel = this_kernel()) noexcept;

}  // namespace mycelium::os
