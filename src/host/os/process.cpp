#include "host/os/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "host/os/error.h"
#include "host/os/fd.h"

namespace mycelium::os {
namespace {

constexpr std::size_t proc_bytes_max = std::size_t{8} << 20;  // of one file of /proc

std::string read_proc(const std::string& path) {
    const Fd file = Fd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 16384> chunk{};
    while (file && text.size() < proc_bytes_max) {
        const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
        if (count <= 0) break;
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return text;
}

std::vector<std::string> entries_of(const std::string& path) {
    const auto close = [](DIR* directory) { ::closedir(directory); };
    const std::unique_ptr<DIR, decltype(close)> directory{::opendir(path.c_str()), close};
    std::vector<std::string> names;
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) {
            names.emplace_back(entry->d_name);
        }
    }
    return names;
}

// A line of /proc/net/tcp: "sl local:port remote:port state queues timer retransmits uid timeout
// inode …", in hex.
std::string inode_if_listening(const char* line, std::uint16_t port) {
    constexpr unsigned listening = 0x0A;
    unsigned local_port = 0;
    unsigned state = 0;
    unsigned long inode = 0;
    const int fields =
        std::sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*u %*u %lu",
                    &local_port, &state, &inode);
    const bool is_it = fields == 3 && local_port == port && state == listening;
    return is_it ? std::to_string(inode) : std::string{};
}

std::string inode_of_listener(const std::string& table, std::uint16_t port) {
    const std::string text = read_proc(table);
    for (std::size_t start = text.find('\n'); start < text.size(); start = text.find('\n', start)) {
        ++start;
        if (auto inode = inode_if_listening(text.c_str() + start, port); !inode.empty()) {
            return inode;
        }
    }
    return {};
}

/// /proc/PID/stat from one of its fields on, which are counted from 1 as in proc(5); from the third
/// on: the name before them, in parentheses, may hold anything. Empty: not known.
std::string stat_from(pid_t pid, int number) {
    const std::string text = read_proc("/proc/" + std::to_string(pid) + "/stat");
    std::size_t at = text.rfind(')');
    for (int field = 2; field < number && at < text.size(); ++field) at = text.find(' ', at + 1);
    return at < text.size() ? text.substr(at + 1) : std::string{};
}

std::uint64_t stat_field(pid_t pid, int number) noexcept {
    try {
        const std::string text = stat_from(pid, number);
        std::uint64_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    } catch (const std::bad_alloc&) {
        return 0;
    }
}

bool holds(const std::string& pid, std::string_view target) {
    const std::string directory = "/proc/" + pid + "/fd";
    const auto names = entries_of(directory);
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        std::array<char, 64> link{};
        const ssize_t size = ::readlink((directory + "/" + name).c_str(), link.data(), link.size());
        return size > 0 && std::string_view{link.data(), static_cast<std::size_t>(size)} == target;
    });
}

std::optional<pid_t> holder_of_socket(const std::string& inode) {
    const std::string target = "socket:[" + inode + "]";
    for (const std::string& name : entries_of("/proc")) {
        pid_t pid = 0;
        std::from_chars(name.data(), name.data() + name.size(), pid);
        if (holds(name, target)) return pid;
    }
    return std::nullopt;
}

}  // namespace

std::string describe_process(pid_t pid) {
    if (pid == ::getpid()) return "this process, pid " + std::to_string(pid);
    std::string name = read_proc("/proc/" + std::to_string(pid) + "/comm");
    if (name.ends_with('\n')) name.pop_back();
    // A process chooses its name itself: nothing of it may break a line of a log.
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
    return "pid " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

std::uint64_t process_start_ticks(pid_t pid) noexcept { return stat_field(pid, 22); }

bool is_running(pid_t pid, std::uint64_t start_ticks) noexcept {
    try {
        const std::string state = stat_from(pid, 3);
        const bool has_ended = state.empty() || state[0] == 'Z' || state[0] == 'X';
        return !has_ended && process_start_ticks(pid) == start_ticks;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

bool is_kernel_thread(pid_t pid) noexcept {
    constexpr std::uint64_t kernel_thread = 0x00200000;  // PF_KTHREAD
    return (stat_field(pid, 9) & kernel_thread) != 0;
}

std::uint64_t process_start_ticks() noexcept { return process_start_ticks(::getpid()); }

std::vector<std::string> own_command_line() {
    const std::string text = read_proc("/proc/self/cmdline");
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\0', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

std::vector<std::string> own_environment() {
    std::vector<std::string> all;
    for (char** entry = environ; entry && *entry; ++entry) all.emplace_back(*entry);
    return all;
}

std::optional<std::string> variable(const char* name) {
    const char* const value = ::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::optional<std::string> take_variable(const char* name) {
    auto value = variable(name);
    ::unsetenv(name);
    return value;
}

bool make_room_for_descriptors(std::size_t count) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    if (limit.rlim_cur >= count) return true;
    if (limit.rlim_max < count) return false;
    limit.rlim_cur = count;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

std::string working_directory() {
    std::array<char, 4096> path{};
    return ::getcwd(path.data(), path.size()) == nullptr ? std::string{} : path.data();
}

void name_process(const std::string& name) noexcept { ::prctl(PR_SET_NAME, name.c_str()); }

Error become_program(const std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    ::execvp(pointers.front(), pointers.data());
    return error_from(errno, "cannot run " + words.front());
}

void exit_at_once(int status) noexcept { ::_exit(status); }

std::optional<pid_t> listener_on_tcp_port(std::uint16_t port) {
    for (const char* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
        if (const auto inode = inode_of_listener(table, port); !inode.empty()) {
            return holder_of_socket(inode);
        }
    }
    return std::nullopt;
}

}  // namespace mycelium::os
