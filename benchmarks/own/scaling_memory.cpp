#include "benchmarks/own/scaling_memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mycelium::bench {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The number behind `name` at the beginning of a line; -1: there is none.
double number_in(std::string_view lines, std::string_view name) {
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', begin), lines.size());
        const std::string_view line = lines.substr(begin, end - begin);
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return std::atof(std::string{line.substr(name.size() + 1)}.c_str());
        begin = end + 1;
    }
    return -1;
}

double switches_in(std::string_view status) {
    return number_in(status, "voluntary_ctxt_switches") +
           number_in(status, "nonvoluntary_ctxt_switches");
}

}  // namespace

double bytes_in(std::string_view lines, std::string_view name) {
    const double kilobytes = number_in(lines, name);
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}

Occupancy occupancy_here() {
    const std::string rollup = text_of("/proc/self/smaps_rollup");
    Occupancy here;
    here.pss_bytes = bytes_in(rollup, "Pss");
    here.private_dirty_bytes = bytes_in(rollup, "Private_Dirty");
    if (here.pss_bytes < 0) throw std::runtime_error("/proc/self/smaps_rollup cannot be read");
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator{"/proc/self/fd"})
        ++here.descriptors;
    return here;
}

Doings doings_of_others() {
    Doings doings;
    const std::string own = std::to_string(::gettid());
    for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
        if (thread.path().filename() == own) continue;
        doings.switches += switches_in(text_of(thread.path().string() + "/status"));
        // Its first number is the time that the thread has run for, in nanoseconds.
        doings.cpu_ns += std::atof(text_of(thread.path().string() + "/schedstat").c_str());
    }
    return doings;
}

}  // namespace mycelium::bench
