#include "host/os/log_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <new>

#include "host/os/error.h"

namespace mycelium::os {

int LogFile::open() noexcept {
    file_ = Fd::adopt(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    if (!file_) return errno;
    struct stat facts {};
    bytes_ = ::fstat(file_.get(), &facts) == 0 && facts.st_size > 0
                 ? static_cast<std::uint64_t>(facts.st_size)
                 : 0;
    return 0;
}

int LogFile::append(std::string_view text) noexcept {
    if (!file_)
        if (const int error = open(); error != 0) return error;
    if (bytes_ != 0 && bytes_ + text.size() > bytes_max_) {
        try {
            if (::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) return errno;
        } catch (const std::bad_alloc&) {
            return ENOMEM;
        }
        if (const int error = open(); error != 0) return error;
    }
    const int error = write_fully(file_.get(), text);
    bytes_ += text.size();
    if (error != 0) file_.reset();
    return error;
}

Result<void> make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0) return {};
    const int error = errno;
    struct stat facts {};
    if (error == EEXIST && ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) return {};
    return error_from(error == EEXIST ? ENOTDIR : error, "making the folder " + path);
}

int write_fully(int fd, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count > 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (count < 0 && errno == EAGAIN) {
            pollfd polled{fd, POLLOUT, 0};
            ::poll(&polled, 1, -1);
        } else if (count == 0 || errno != EINTR) {
            return count == 0 ? EIO : errno;
        }
    }
    return 0;
}

}  // namespace mycelium::os
