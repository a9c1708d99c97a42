#include "output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>

namespace trading {

/// Opened the wrong way round: reading and writing fail as they do with a closed one.
void reserve_standard_descriptors() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

mycelium::Result<bool> write_output(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
            continue;
        }
        if (errno == EPIPE) return false;
        if (errno == EAGAIN) {
            pollfd ask{STDOUT_FILENO, POLLOUT, 0};
            poll(&ask, 1, -1);
        } else if (errno != EINTR) {
            return mycelium::Error{mycelium::Errc::invalid,
                                   std::string{"standard output: "} + std::strerror(errno), errno};
        }
    }
    return true;
}

}  // namespace trading
