#include "host/os/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "host/os/clock.h"
#include "host/os/error.h"

namespace mycelium::os {
namespace {

// flock() has no deadline: it is tried again and again, less and less often.
constexpr Duration first_pause = std::chrono::microseconds{200};
constexpr Duration last_pause = std::chrono::milliseconds{5};

int result_of(int returned) noexcept { return returned == 0 ? 0 : errno; }

FileFacts::Kind kind_of(mode_t mode) noexcept {
    switch (mode & S_IFMT) {
        case S_IFSOCK:
            return FileFacts::Kind::socket;
        case S_IFREG:
            return FileFacts::Kind::regular;
        case S_IFDIR:
            return FileFacts::Kind::directory;
        case S_IFLNK:
            return FileFacts::Kind::link;
        default:
            return FileFacts::Kind::other;
    }
}

void pause(Duration duration) noexcept {
    const timespec time = absolute(Instant{duration});
    ::nanosleep(&time, nullptr);  // a signal makes it shorter, and that is all
}

}  // namespace

std::string describe(FileFacts::Kind kind) {
    switch (kind) {
        case FileFacts::Kind::absent:
            return "nothing";
        case FileFacts::Kind::socket:
            return "a socket";
        case FileFacts::Kind::regular:
            return "a regular file";
        case FileFacts::Kind::directory:
            return "a directory";
        case FileFacts::Kind::link:
            return "a symbolic link";
        case FileFacts::Kind::other:
            break;
    }
    return "a device or a pipe";
}

Result<Directory> Directory::open(const std::string& path) {
    Fd fd = Fd::adopt(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd) return Directory{std::move(fd)};
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
        const std::string what = error == ENOENT ? " does not exist: create it"
                                                 : " is not a directory: remove what is there";
        return Error{Errc::invalid, "the directory " + path + what + " or choose another path",
                     error};
    }
    return error_from(error, "the directory " + path);
}

Result<void> Directory::lock(Duration patience) noexcept {
    const Instant deadline = after(patience);
    for (Duration next = first_pause;; next = std::min(2 * next, last_pause)) {
        if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return {};
        if (errno != EWOULDBLOCK && errno != EINTR) return error_from(errno, "locking it");
        if (now() >= deadline) {
            return Error{Errc::unavailable,
                         "another program keeps it locked: find that with lslocks and stop it",
                         EWOULDBLOCK};
        }
        pause(next);
    }
}

void Directory::unlock() noexcept { ::flock(fd_.get(), LOCK_UN); }

Result<FileFacts> Directory::look(const std::string& name) const {
    struct stat facts {};
    if (::fstatat(fd_.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) {
        return FileFacts{
            .kind = kind_of(facts.st_mode), .device = facts.st_dev, .inode = facts.st_ino};
    }
    if (errno == ENOENT) return FileFacts{};
    return error_from(errno, name);
}

int Directory::rename(const std::string& from, const std::string& to) const noexcept {
    return result_of(::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()));
}

int Directory::unlink(const std::string& name) const noexcept {
    return result_of(::unlinkat(fd_.get(), name.c_str(), 0));
}

int Directory::set_mode(const std::string& name, mode_t mode) const noexcept {
    return result_of(::fchmodat(fd_.get(), name.c_str(), mode, 0));
}

bool Directory::is_private() const noexcept {
    struct stat facts {};
    return ::fstat(fd_.get(), &facts) == 0 && facts.st_uid == ::geteuid() &&
           (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

std::string Directory::short_path(const std::string& name) const {
    return "/proc/self/fd/" + std::to_string(fd_.get()) + "/" + name;
}

}  // namespace mycelium::os
