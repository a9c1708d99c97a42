// Asking for a line of memory before it is needed.
#pragma once

namespace mycelium::base {

/// This processor is about to write there, though another may have read it: the store need not wait
/// then. The address may be any.
inline void prefetch_to_write(const void* address) noexcept {
#if defined(__x86_64__)
    // What the builtin makes of it without -mprfchw is a prefetch to read, which gains nothing.
    asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
#else
    __builtin_prefetch(address, 1);
#endif
}

}  // namespace mycelium::base
