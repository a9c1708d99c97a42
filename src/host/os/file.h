// Directory: one folder, held open, and what a socket's file needs done in it.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/fd.h"

namespace mycelium::os {

/// What stands at a name, without following a link.
struct FileFacts {
    enum class Kind : std::uint8_t { absent, socket, regular, directory, link, other };
    Kind kind = Kind::absent;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;

    friend bool operator==(const FileFacts&, const FileFacts&) = default;
};
/// "a regular file", "a directory", ….
std::string describe(FileFacts::Kind kind);

/// A folder, whatever it is renamed to. Names are those of its entries. In a forked child every
/// call fails. Numbers called `error` are errno values, 0 is success.
class Directory {
public:
    /// Errors: invalid (not there, no folder), denied, overloaded.
    static Result<Directory> open(const std::string& path);

    /// Takes the lock that all who bind in this folder take, on the folder itself: nothing is left
    /// behind. Waits up to `patience`. Errors: unavailable (somebody holds it).
    Result<void> lock(Duration patience) noexcept;
    void unlock() noexcept;

    Result<FileFacts> look(const std::string& name) const;
    int rename(const std::string& from, const std::string& to) const noexcept;
    int unlink(const std::string& name) const noexcept;
    int set_mode(const std::string& name, mode_t mode) const noexcept;
    /// Of this user, and nobody else may look into it or put anything there.
    bool is_private() const noexcept;
    /// A path to the entry, short enough for a socket's address although the folder's is not. Needs
    /// /proc.
    std::string short_path(const std::string& name) const;

private:
    explicit Directory(Fd fd) noexcept : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace mycelium::os
