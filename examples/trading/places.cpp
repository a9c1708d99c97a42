#include "places.h"

#include <mycelium/url.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

/// The base's URL for the port of that index.
Result<std::string> place(mycelium::Url url, const std::vector<std::string>& names,
                          std::size_t index) {
    if (url.scheme == "unix" || url.scheme == "shm") {
        url.place.append("/").append(names[index]);
        return url.to_string();
    }
    if (url.scheme != "tcp")
        return Error{Errc::invalid,
                     url.to_string() +
                         ": give --at unix:///folder, unix://@name, shm://name or tcp://host:port"};
    MYCELIUM_TRY_ASSIGN(const mycelium::HostPort base, mycelium::HostPort::parse(url.place));
    const std::size_t port = base.port + index;
    if (base.port == 0 || base.port + names.size() > 65536)
        return Error{Errc::invalid, url.to_string() + ": " + std::to_string(names.size()) +
                                        " ports are taken from this one on: give one from 1 to " +
                                        std::to_string(65536 - names.size())};
    url.place = url.place.substr(0, url.place.rfind(':') + 1) + std::to_string(port);
    return url.to_string();
}

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

Result<std::vector<std::string>> places_under(std::string_view base,
                                              const std::vector<std::string>& names) {
    MYCELIUM_TRY_ASSIGN(const mycelium::Url url, mycelium::Url::parse(base));
    std::vector<std::string> places(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        MYCELIUM_TRY_ASSIGN(places[i], place(url, names, i));
    }
    return places;
}

/// Below the ports that the kernel gives to clients; where the search begins depends on the
/// process, so that two jobs hardly ever look at the same ones.
Result<std::uint16_t> free_ports(std::uint16_t count) {
    constexpr unsigned first = 20'000;
    constexpr unsigned blocks = 1'000;
    for (unsigned i = 0; i < blocks; ++i) {
        const auto block = (static_cast<unsigned>(getpid()) + i) % blocks;
        const auto base = static_cast<std::uint16_t>(first + block * count);
        std::uint16_t free = 0;
        while (free < count && is_free(static_cast<std::uint16_t>(base + free))) ++free;
        if (free == count) return base;
    }
    return Error{Errc::unavailable, "no free tcp ports from 20000 on: choose some with --at"};
}

}  // namespace trading
