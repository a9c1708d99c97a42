#include "host/os/flag.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>

#include "host/os/error.h"

namespace mycelium::os {

Result<Flag> Flag::create() {
    Fd fd = Fd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd) return error_from(errno, "an eventfd");
    return Flag{std::move(fd)};
}

void Flag::raise() noexcept {
    is_raised_.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    if (::write(fd_.get(), &one, sizeof one) < 0) {  // full: then it is readable
    }
}

}  // namespace mycelium::os
