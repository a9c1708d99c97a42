#include "host/os/standard_io.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "host/os/error.h"
#include "host/os/poll.h"

namespace mycelium::os {

namespace {

mode_t kind_of(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

Io outcome_of(ssize_t count) noexcept {
    if (count > 0) return {Io::Kind::done, static_cast<std::size_t>(count), 0};
    if (count == 0) return {Io::Kind::end, 0, 0};
    if (errno == EAGAIN || errno == EINTR) return {Io::Kind::would_block, 0, 0};
    return {Io::Kind::broken, 0, errno};
}

Result<Ready> wait_for(int fd, bool for_writing, int stop_fd, Instant deadline) {
    std::array<Polled, 2> polled{Polled{fd, for_writing, false}, Polled{stop_fd, false, false}};
    const std::size_t count = stop_fd < 0 ? 1 : 2;
    MYCELIUM_TRY_ASSIGN(const int ready, poll(std::span{polled}.first(count), deadline));
    if (ready == 0) return Ready::timed_out;
    return polled[1].is_ready ? Ready::stopped : Ready::now;
}

}  // namespace

Result<Fd> open_to_read(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return error_from(errno, path);
    Fd owned = Fd::adopt(fd);
    if (kind_of(fd) == S_IFDIR) return Error{Errc::invalid, path + ": is a directory, not a file"};
    return owned;
}

Io read_some(int fd, std::span<std::byte> into) noexcept {
    return outcome_of(::read(fd, into.data(), into.size()));
}

Io write_some(int fd, std::span<const std::byte> from) noexcept {
    return outcome_of(::write(fd, from.data(), from.size()));
}

std::size_t write_bytes_max(int fd) noexcept {
    return kind_of(fd) == S_IFREG ? SIZE_MAX : PIPE_BUF;
}

void ensure_standard_streams() noexcept {
    int fd = 0;
    while (fd >= 0 && fd <= 2) fd = ::open("/dev/null", O_RDWR);
    if (fd > 2) ::close(fd);
}

Result<Bytes> read_to_end(int fd, std::uint64_t bytes_max, int stop_fd) {
    auto bytes = std::make_shared<std::vector<std::byte>>();
    struct stat status {};
    std::size_t room = 64 * KiB;
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= 0)
        room = static_cast<std::size_t>(
                   std::min<std::uint64_t>(static_cast<std::uint64_t>(status.st_size), bytes_max)) +
               1;
    for (std::size_t size = 0;;) {
        bytes->resize(size + room);
        MYCELIUM_TRY_ASSIGN(const Ready ready, wait_to_read(fd, stop_fd, never));
        if (ready == Ready::stopped) return Error{Errc::closed, "interrupted while reading"};
        const Io io = read_some(fd, std::span{*bytes}.subspan(size));
        if (io.kind == Io::Kind::broken) return error_from(io.error, "reading");
        size += io.count;
        if (size > bytes_max)
            return Error{Errc::overloaded,
                         "is longer than " + std::to_string(bytes_max) + " bytes"};
        if (io.kind == Io::Kind::end) {
            bytes->resize(size);
            return Bytes{std::span<const std::byte>{*bytes}, bytes};
        }
        room = std::max<std::size_t>(bytes->size() - size,
                                     std::min<std::size_t>(size, 16 * MiB) + 64 * KiB);
    }
}

Result<Ready> wait_to_read(int fd, int stop_fd, Instant deadline) {
    return wait_for(fd, false, stop_fd, deadline);
}

Result<Ready> wait_to_write(int fd, int stop_fd, Instant deadline) {
    return wait_for(fd, true, stop_fd, deadline);
}

bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

bool is_pipe(int fd) noexcept { return kind_of(fd) == S_IFIFO; }

}  // namespace mycelium::os
