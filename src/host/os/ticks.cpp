#include "host/os/ticks.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "host/os/fd.h"
#endif

namespace mycelium::os {

#if defined(__x86_64__)
namespace {

/// Intel SDM, volume 3, "Invariant TSC"; a machine that may be moved to another one hides it.
bool is_invariant() noexcept {
    constexpr unsigned leaf = 0x80000007;
    constexpr unsigned invariant = 1u << 8;
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(leaf, &a, &b, &c, &d) != 0 && (d & invariant) != 0;
}

/// The kernel compares the processors' counts with each other and with other clocks, and leaves
/// them for another clock where they differ: nearly always within the first seconds after boot.
bool is_trusted_by_the_kernel() noexcept {
    const Fd file = Fd::adopt(::open(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC));
    std::array<char, 16> name{};
    const auto size = file ? ::read(file.get(), name.data(), name.size()) : 0;
    return size > 0 && std::string_view{name.data(), static_cast<std::size_t>(size)} == "tsc\n";
}

}  // namespace
#endif

bool has_steady_ticks() noexcept {
#if defined(__x86_64__)
    static const bool has = is_invariant() && is_trusted_by_the_kernel();
    return has;
#else
    return false;
#endif
}

}  // namespace mycelium::os
