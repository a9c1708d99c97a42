// What a busy wait does between two looks.
#pragma once

namespace mycelium::base {

/// Tells the core that this is a busy wait.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace mycelium::base
