#include "profile.h"

#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fabric_status.h"

namespace trading {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t thread_name_max = 15;  // the kernel keeps so much

/// From /proc/…/stat: "pid (name) state …", where utime and stime are the 14th and 15th.
std::int64_t processor_ns_in(const std::string& stat) {
    const auto end_of_name = stat.rfind(')');
    if (end_of_name == std::string::npos) return 0;
    std::istringstream rest{stat.substr(end_of_name + 1)};
    std::string skipped;
    for (int i = 0; i < 11; ++i) rest >> skipped;
    std::int64_t user = 0;
    std::int64_t system = 0;
    rest >> user >> system;
    return (user + system) * (1'000'000'000 / sysconf(_SC_CLK_TCK));
}

std::string line_of(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

void add_threads(const std::vector<std::string>& services, Profile& profile) {
    std::error_code ignored;
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task", ignored}) {
        const std::string name = line_of(task.path() / "comm");
        std::string owner = "others";
        for (const std::string& service : services)
            if (service.substr(0, thread_name_max) == name) owner = service;
        profile[owner] += processor_ns_in(line_of(task.path() / "stat"));
    }
}

}  // namespace

Profile profile_of(mycelium::Node& node, const std::vector<std::string>& fabrics) {
    Profile profile;
    for (const std::string& fabric : fabrics) {
        auto control = fabric_control(node, fabric);
        if (!control) continue;
        const auto status = control->call({}, 1s, "status");
        if (!status) continue;
        std::vector<std::string> threads;
        for (const ServiceStatus& service : (*status)->services) {
            if (service.is_thread)
                threads.push_back(service.name);
            else if (service.pid != 0)
                profile[service.name] += service.processor_ns;
        }
        if (!threads.empty()) add_threads(threads, profile);
    }
    return profile;
}

}  // namespace trading
