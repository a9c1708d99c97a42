// Machine: what the figures were measured on, and how much of it others used meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mycelium::bench {

/// Processor time since the machine started, of everything that ran, in nanoseconds; as /proc/stat
/// tells it.
struct MachineTime {
    std::uint64_t busy_ns = 0;
    std::uint64_t total_ns = 0;  ///< busy and idle, of all processors
};
/// Of the first line of /proc/stat, whose unit is `tick_ns`; zeros if it is not one.
MachineTime machine_time_of(std::string_view proc_stat, std::uint64_t tick_ns) noexcept;

/// "2 × Intel(R) Xeon(R) …, Linux 6.1.0".
std::string machine_description();

/// Watches from its construction on.
class ForeignLoad {
public:
    ForeignLoad();
    /// The part of all processors, 0 to 1, that went to others than this process and its finished
    /// children.
    double part() const;

    /// From this part on, figures say more about the others than about what was measured.
    static constexpr double too_much = 0.12;

private:
    MachineTime begin_;
    std::uint64_t own_begin_ns_;
};

}  // namespace mycelium::bench
