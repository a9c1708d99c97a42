#include "host/os/children.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace mycelium::os::children {

namespace {

/// A whole file of /proc; empty: not there. Nothing is allocated.
class ProcFile {
public:
    explicit ProcFile(const char* path) noexcept : fd_(::open(path, O_RDONLY | O_CLOEXEC)) {}
    ProcFile(const ProcFile&) = delete;
    ProcFile& operator=(const ProcFile&) = delete;
    ~ProcFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    bool is_there() const noexcept { return fd_ >= 0; }
    std::size_t read(char* into, std::size_t room) noexcept {
        const ssize_t count = fd_ < 0 ? 0 : ::read(fd_, into, room);
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }

private:
    int fd_;
};

/// Digits at the front as a number; 0: none.
pid_t number_at(const char* text) noexcept {
    pid_t number = 0;
    for (; *text >= '0' && *text <= '9' && number < (1 << 26); ++text)
        number = number * 10 + (*text - '0');
    return number;
}

/// "/proc/NUMBER/stat" without anything that allocates.
void stat_path(pid_t pid, std::array<char, 32>& path) noexcept {
    constexpr std::string_view begin = "/proc/", end = "/stat";
    char* at = std::copy(begin.begin(), begin.end(), path.begin());
    at = std::to_chars(at, path.end(), pid).ptr;
    *std::copy(end.begin(), end.end(), at) = '\0';
}

/// Of a process, from its stat: the field behind the state, which is behind the last parenthesis.
pid_t parent_of(pid_t pid) noexcept {
    std::array<char, 32> path{};
    std::array<char, 512> text{};
    stat_path(pid, path);
    const std::size_t size = ProcFile{path.data()}.read(text.data(), text.size() - 1);
    const std::string_view stat{text.data(), size};
    const std::size_t name_end = stat.rfind(')');
    return name_end == std::string_view::npos || name_end + 4 >= size
               ? 0
               : number_at(text.data() + name_end + 4);
}

struct KernelEntry {  // getdents64
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t size;
    std::uint8_t type;
    char name[1];
};

/// Calls `each` with the number of every entry of a folder of /proc that is one.
template <class Each>
void for_each_number_in(const char* folder, Each each) noexcept {
    const int fd = ::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    alignas(KernelEntry) std::array<char, 4096> room;
    for (;;) {
        const long size = ::syscall(SYS_getdents64, fd, room.data(), room.size());
        if (size <= 0) break;
        for (long at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const KernelEntry*>(room.data() + at);
            if (const pid_t pid = number_at(entry->name); pid > 0) each(pid);
            at += entry->size;
        }
    }
    ::close(fd);
}

/// Calls `each` with every number of a file that has numbers and blanks.
template <class Each>
void for_each_number_of(ProcFile& file, Each each) noexcept {
    std::array<char, 4096> room;
    pid_t number = 0;
    for (std::size_t size = file.read(room.data(), room.size()); size != 0;
         size = file.read(room.data(), room.size()))
        for (const char c : std::string_view{room.data(), size}) {
            if (c >= '0' && c <= '9') {
                number = number * 10 + (c - '0');
            } else if (number != 0) {
                each(number);
                number = 0;
            }
        }
    if (number != 0) each(number);
}

}  // namespace

void for_each_of_single_thread(bool has_proc_children, void (*each)(pid_t)) noexcept {
    ProcFile file{"/proc/thread-self/children"};
    if (has_proc_children && file.is_there()) return for_each_number_of(file, each);
    const pid_t self = ::getpid();
    for_each_number_in("/proc", [&](pid_t pid) {
        if (parent_of(pid) == self) each(pid);
    });
}

std::vector<pid_t> of(pid_t pid, Kernel kernel) {
    std::vector<pid_t> pids;
    bool has_file = false;
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    if (kernel.has_proc_children)
        for_each_number_in(tasks.c_str(), [&](pid_t task) {
            std::array<char, 64> path{};
            std::snprintf(path.data(), path.size(), "/proc/%d/task/%d/children", pid, task);
            ProcFile file{path.data()};
            has_file |= file.is_there();
            for_each_number_of(file, [&](pid_t child) { pids.push_back(child); });
        });
    if (has_file) return pids;
    for_each_number_in("/proc", [&](pid_t other) {
        if (parent_of(other) == pid) pids.push_back(other);
    });
    return pids;
}

std::vector<pid_t> below(pid_t pid, Kernel kernel) {
    std::vector<pid_t> all = of(pid, kernel);
    for (std::size_t n = 0; n < all.size() && all.size() < looked_at_max; ++n) {
        const std::vector<pid_t> more = of(all[n], kernel);
        all.insert(all.end(), more.begin(), more.end());
    }
    if (all.size() > looked_at_max) all.resize(looked_at_max);
    return all;
}

Usage usage_of(const std::vector<pid_t>& pids) {
    const auto tick_ns = 1'000'000'000 / std::max(1L, ::sysconf(_SC_CLK_TCK));
    const auto page_bytes = static_cast<std::size_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
    Usage usage;
    for (const pid_t pid : pids) {
        std::array<char, 32> path{};
        std::array<char, 1024> text{};
        stat_path(pid, path);
        const std::size_t size = ProcFile{path.data()}.read(text.data(), text.size() - 1);
        const std::size_t name_end = std::string_view{text.data(), size}.rfind(')');
        if (name_end == std::string_view::npos) continue;
        // Fields 14 to 17 are processor times in ticks, 24 is the number of resident pages.
        unsigned long user = 0, system = 0, children_user = 0, children_system = 0, pages = 0;
        const int read = std::sscanf(
            text.data() + name_end + 1,
            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu %*d %*d %*d %*d %*u "
            "%*u %lu",
            &user, &system, &children_user, &children_system, &pages);
        if (read != 5) continue;
        const unsigned long ticks = user + system + children_user + children_system;
        usage.processor += Duration{static_cast<std::int64_t>(ticks) * tick_ns};
        usage.resident_bytes += pages * page_bytes;
    }
    return usage;
}

}  // namespace mycelium::os::children
