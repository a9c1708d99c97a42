#include "job.h"

#include <charconv>
#include <chrono>
#include <string_view>

namespace trading {

std::vector<std::string> Job::arguments() const {
    return {"folder=" + folder, "began=" + std::to_string(began_ns), "fabric=" + fabric};
}

Job Job::of(const mycelium::Service& service) {
    Job job;
    for (const std::string_view argument : service.arguments()) {
        const std::size_t equals = argument.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view key = argument.substr(0, equals);
        const std::string_view value = argument.substr(equals + 1);
        if (key == "folder") job.folder = value;
        if (key == "fabric") job.fabric = value;
        if (key == "began")
            std::from_chars(value.data(), value.data() + value.size(), job.began_ns);
    }
    return job;
}

mycelium::Instant Job::began() const {
    const auto now = std::chrono::steady_clock::now();
    if (began_ns == 0) return now;
    const auto ago = static_cast<std::int64_t>(unix_time_ns() - began_ns);
    return now - mycelium::Duration{ago};
}

std::uint64_t unix_time_ns() noexcept {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
}

}  // namespace trading
