#include "free_ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trading {
namespace {

bool is_free(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_bound =
        bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return is_bound;
}

}  // namespace

/// Below the ports that the kernel gives to clients; where the search begins depends on the
/// process, so that two jobs hardly ever look at the same ones.
mycelium::Result<std::uint16_t> free_ports(std::uint16_t count) {
    constexpr unsigned first = 20'000;
    constexpr unsigned blocks = 1'000;
    for (unsigned i = 0; i < blocks; ++i) {
        const auto block = (static_cast<unsigned>(getpid()) + i) % blocks;
        const auto base = static_cast<std::uint16_t>(first + block * count);
        std::uint16_t free = 0;
        while (free < count && is_free(static_cast<std::uint16_t>(base + free))) ++free;
        if (free == count) return base;
    }
    return mycelium::Error{mycelium::Errc::unavailable,
                           "no free tcp ports from 20000 on: choose some with --at"};
}

}  // namespace trading
