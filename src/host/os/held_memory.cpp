#include "host/os/held_memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "host/os/error.h"
#include "host/os/process.h"

namespace mycelium::os {

namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// The entries that are numbers; an errno if the folder cannot be read.
int numbers_in(const std::string& path, std::vector<int>& numbers) {
    const std::unique_ptr<DIR, CloseDirectory> directory{::opendir(path.c_str())};
    if (!directory) return errno;
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view name{entry->d_name};
        int number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && end == name.data() + name.size()) numbers.push_back(number);
    }
    return 0;
}

/// Adds those of one process; an errno if its descriptors cannot be seen.
int add_files(pid_t pid, const std::string& target, std::vector<HeldFile>& files) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
    std::vector<int> descriptors;
    if (const int error = numbers_in(folder, descriptors); error != 0) return error;
    std::sort(descriptors.begin(), descriptors.end());
    const std::size_t before = files.size();
    for (const int fd : descriptors) {
        HeldFile file{pid, folder + "/" + std::to_string(fd), 0};
        std::array<char, 320> link{};
        const ssize_t size = ::readlink(file.path.c_str(), link.data(), link.size());
        if (size <= 0 || std::string_view{link.data(), static_cast<std::size_t>(size)} != target)
            continue;
        struct stat status {};
        if (::stat(file.path.c_str(), &status) != 0) continue;
        file.inode = status.st_ino;
        const bool is_known =
            std::any_of(files.begin() + static_cast<std::ptrdiff_t>(before), files.end(),
                        [&](const HeldFile& other) { return other.inode == file.inode; });
        if (!is_known) files.push_back(std::move(file));
    }
    return 0;
}

std::string target_of(std::string_view name) {
    return "/memfd:" + std::string{name} + " (deleted)";
}

}  // namespace

Result<Fd> HeldFile::open() const {
    Fd fd = Fd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd) return fd;
    if (errno == ENOENT) return Error{Errc::unavailable, path + ": the process has ended", errno};
    return error_from(errno, path);
}

Result<HeldMemory> find_held_memory(std::string_view name) {
    std::vector<int> pids;
    if (const int error = numbers_in("/proc", pids); error != 0) return error_from(error, "/proc");
    std::sort(pids.begin(), pids.end());
    HeldMemory found;
    const std::string target = target_of(name);
    for (const int pid : pids) {
        const int error = add_files(pid, target, found.files);
        const bool is_denied = error == EACCES || error == EPERM;
        if (is_denied && !is_kernel_thread(pid)) ++found.processes_unreadable;
    }
    return found;
}

Result<HeldMemory> find_held_memory(std::string_view name, pid_t pid) {
    HeldMemory found;
    const int error = add_files(pid, target_of(name), found.files);
    if (error == ENOENT || error == ESRCH)
        return Error{Errc::unavailable, "there is no process " + std::to_string(pid), error};
    if (error == EACCES || error == EPERM)
        return Error{
            Errc::denied,
            describe_process(pid) + " is another user's: run this as that user, or as root", error};
    if (error != 0) return error_from(error, describe_process(pid));
    return found;
}

}  // namespace mycelium::os
