#include "host/os/memory_room.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include "host/os/fd.h"

namespace mycelium::os {
namespace {

constexpr std::size_t file_size_max = 16 * 1024;  // what follows in a longer file is not looked at
constexpr int levels_max = 64;                    // of control groups, one inside the other

/// One of the kernel's small text files, read at once; empty: it is not there.
class SmallFile {
public:
    explicit SmallFile(const std::string& path) noexcept {
        const Fd file = Fd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        while (file && size_ < bytes_.size()) {
            const ssize_t count = ::read(file.get(), bytes_.data() + size_, bytes_.size() - size_);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            size_ += static_cast<std::size_t>(count);
        }
    }
    std::string_view text() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, file_size_max> bytes_;
    std::size_t size_ = 0;
};

std::string_view take_line(std::string_view& text) noexcept {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

/// "max" and whatever else is no number: none.
std::optional<std::uint64_t> number_in(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{}) return std::nullopt;
    return number;
}

/// Of lines such as "inactive_file 4096" or "MemFree:   12 kB"; `key` ends before the space.
std::optional<std::uint64_t> number_at(std::string_view text, std::string_view key) noexcept {
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.starts_with(key) && line.substr(key.size()).starts_with(' ')) {
            return number_in(line.substr(key.size()));
        }
    }
    return std::nullopt;
}

/// What the files of a version are called.
struct Version {
    const char* limit;
    const char* used;
    std::array<std::string_view, 2> reclaimable;  // in memory.stat
};
constexpr Version version_1{.limit = "/memory.limit_in_bytes",
                            .used = "/memory.usage_in_bytes",
                            .reclaimable = {"total_inactive_file", "total_active_file"}};
constexpr Version version_2{.limit = "/memory.max",
                            .used = "/memory.current",
                            .reclaimable = {"inactive_file", "active_file"}};

std::uint64_t room_in_group(const std::string& folder, const Version& version) {
    const auto limit = number_in(SmallFile{folder + version.limit}.text());
    if (!limit) return memory_plenty;
    const auto used = number_in(SmallFile{folder + version.used}.text());
    if (!used) return memory_plenty;
    std::uint64_t free = *limit - std::min(*used, *limit);
    const SmallFile statistics{folder + "/memory.stat"};
    for (const std::string_view key : version.reclaimable) {
        free += number_at(statistics.text(), key).value_or(0);
    }
    return std::min(free, *limit);
}

/// From the group up to the root of what is mounted. In a container the path may be the host's:
/// then only the root is found, and it is the container's own group.
std::uint64_t room_up_from(const std::string& root, std::string path, const Version& version) {
    std::uint64_t room = memory_plenty;
    for (int level = 0; level < levels_max; ++level) {
        while (path.ends_with('/')) path.pop_back();
        room = std::min(room, room_in_group(root + path, version));
        if (path.empty()) break;
        path.resize(std::min(path.rfind('/'), path.size()));
    }
    return room;
}

bool lists_memory(std::string_view controllers) noexcept {
    while (!controllers.empty()) {
        const std::size_t comma = std::min(controllers.find(','), controllers.size());
        if (controllers.substr(0, comma) == "memory") return true;
        controllers.remove_prefix(std::min(comma + 1, controllers.size()));
    }
    return false;
}

/// Lines of /proc/self/cgroup: "hierarchy:controllers:path".
std::uint64_t room_in_groups(const MemoryFiles& files) {
    std::uint64_t room = memory_plenty;
    const SmallFile groups{files.proc + "/self/cgroup"};
    for (std::string_view text = groups.text(); !text.empty();) {
        const std::string_view line = take_line(text);
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', std::min(first, line.size() - 1) + 1);
        if (first == line.npos || second == line.npos) continue;
        const std::string path{line.substr(second + 1)};
        if (lists_memory(line.substr(first + 1, second - first - 1))) {
            room = std::min(room, room_up_from(files.cgroups + "/memory", path, version_1));
        } else if (line.starts_with("0::")) {
            room = std::min(room, room_up_from(files.cgroups, path, version_2));
        }
    }
    return room;
}

std::uint64_t room_on_machine(const MemoryFiles& files) {
    constexpr std::uint64_t KiB = 1024;
    const SmallFile memory{files.proc + "/meminfo"};
    const auto available = number_at(memory.text(), "MemAvailable:");
    if (!available) return memory_plenty;
    return (*available + number_at(memory.text(), "SwapFree:").value_or(0)) * KiB;
}

}  // namespace

std::uint64_t memory_room(const MemoryFiles& files) noexcept {
    try {
        return std::min(room_in_groups(files), room_on_machine(files));
    } catch (...) {
        return 0;  // there is not even memory for the files' names
    }
}

}  // namespace mycelium::os
