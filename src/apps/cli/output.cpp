#include "apps/cli/output.h"

#include <mycelium/bytes.h>
#include <algorithm>
#include <cerrno>

#include "host/os/error.h"
#include "host/os/standard_io.h"

namespace mycelium::cli {

namespace {
constexpr std::size_t pending_bytes_max = 64 * KiB;
}

Output::Output(int stop_fd)
    : stop_fd_(stop_fd),
      hang_up_fd_(os::is_pipe(os::standard_output) ? os::standard_output : -1),
      piece_bytes_max_(os::write_bytes_max(os::standard_output)) {}

// A write of nothing changes nothing, and fails where nothing can be written.
bool Output::is_there() noexcept {
    const Io io = os::write_some(os::standard_output, {});
    return io.kind != Io::Kind::broken || io.error != EBADF;
}

Result<void> Output::write(std::span<const std::byte> bytes) {
    if (pending_.size() + bytes.size() > pending_bytes_max) MYCELIUM_TRY(flush());
    if (bytes.size() > pending_bytes_max) return write_through(bytes);
    pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
}

Result<void> Output::flush() {
    auto written = write_through(std::as_bytes(std::span{pending_}));
    pending_.clear();
    return written;
}

Result<void> Output::write_through(std::span<const std::byte> bytes) {
    Instant deadline = never;
    int stop_fd = stop_fd_;
    while (!bytes.empty() && !is_abandoned_) {
        MYCELIUM_TRY_ASSIGN(const os::Ready ready,
                            os::wait_to_write(os::standard_output, stop_fd, deadline));
        if (ready == os::Ready::timed_out) {
            is_abandoned_ = true;
        } else if (ready == os::Ready::stopped) {
            stop_fd = -1;
            deadline = after(stop_grace);
        } else {
            const Io io = os::write_some(os::standard_output,
                                         bytes.first(std::min(bytes.size(), piece_bytes_max_)));
            if (io.kind == Io::Kind::broken && io.error != EPIPE)
                return Error{Errc::unavailable, "standard output: " + os::error_text(io.error),
                             io.error};
            is_abandoned_ = io.kind == Io::Kind::broken;
            bytes = bytes.subspan(io.count);
        }
    }
    return {};
}

}  // namespace mycelium::cli
