// LogFile: a file that lines are appended to, of bounded size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mycelium/result.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// Once it has grown to `bytes_max` it becomes PATH.1, in the place of the former one, and a new
/// one is begun. Opened anew after an error. One thread; blocks as files do.
class LogFile {
public:
    LogFile(std::string path, std::uint64_t bytes_max)
        : path_(std::move(path)), bytes_max_(bytes_max) {}
    /// Appends all of it. An errno; 0: done.
    int append(std::string_view text) noexcept;
    const std::string& path() const noexcept { return path_; }

private:
    int open() noexcept;
    std::string path_;
    std::uint64_t bytes_max_;
    std::uint64_t bytes_ = 0;
    Fd file_;
};

/// Makes a folder, where there is none; its parent must be there. Errors, with the path: denied,
/// invalid (a parent is missing, or it is no folder).
Result<void> make_folder(const std::string& path);
/// Writes all of it, however long that takes. An errno; 0: done.
int write_fully(int fd, std::string_view text) noexcept;

}  // namespace mycelium::os
