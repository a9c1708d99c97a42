#include "benchmarks/own/machine.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace mycelium::bench {
namespace {

std::string first_line(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("model name", 0) == 0)
            if (const auto colon = line.find(": "); colon != std::string::npos)
                return line.substr(colon + 2);
    return "processors";
}

MachineTime read_machine_time() {
    const auto ticks_per_second = static_cast<std::uint64_t>(std::max(::sysconf(_SC_CLK_TCK), 1L));
    return machine_time_of(first_line("/proc/stat"), 1'000'000'000u / ticks_per_second);
}

std::uint64_t own_time_ns() {
    std::uint64_t sum = 0;
    for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage usage{};
        ::getrusage(who, &usage);
        for (const timeval& time : {usage.ru_utime, usage.ru_stime})
            sum += static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
                   static_cast<std::uint64_t>(time.tv_usec) * 1000u;
    }
    return sum;
}

}  // namespace

MachineTime machine_time_of(std::string_view proc_stat, std::uint64_t tick_ns) noexcept {
    // "cpu  user nice system idle iowait irq softirq steal guest guest_nice": guests are in user
    // and nice already.
    constexpr std::size_t idle = 3;
    constexpr std::size_t iowait = 4;
    constexpr std::size_t fields = 8;
    if (proc_stat.substr(0, 4) != "cpu ") return {};
    MachineTime time;
    const char* at = proc_stat.data() + 4;
    const char* end = proc_stat.data() + proc_stat.size();
    for (std::size_t field = 0; field < fields; ++field) {
        while (at != end && *at == ' ') ++at;
        std::uint64_t ticks = 0;
        const auto [after, error] = std::from_chars(at, end, ticks);
        if (error != std::errc{}) return {};
        at = after;
        time.total_ns += ticks * tick_ns;
        if (field != idle && field != iowait) time.busy_ns += ticks * tick_ns;
    }
    return time;
}

std::string machine_description() {
    utsname system{};
    ::uname(&system);
    return std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " × " + processor_name() + ", " +
           system.sysname + " " + system.release;
}

ForeignLoad::ForeignLoad() : begin_(read_machine_time()), own_begin_ns_(own_time_ns()) {}

double ForeignLoad::part() const {
    const MachineTime now = read_machine_time();
    const std::uint64_t total = now.total_ns - begin_.total_ns;
    const std::uint64_t busy = now.busy_ns - begin_.busy_ns;
    const std::uint64_t own = own_time_ns() - own_begin_ns_;
    if (total == 0 || busy <= own) return 0;
    return std::min(1.0, static_cast<double>(busy - own) / static_cast<double>(total));
}

}  // namespace mycelium::bench
