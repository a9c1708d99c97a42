#include "host/os/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace mycelium::os {
namespace {

static_assert(Address::unix_bytes_max == sizeof(sockaddr_un::sun_path) - 1);

Result<void> check_unix(std::string_view text) {
    if (text.empty()) return Error{Errc::invalid, "an empty name is no unix socket"};
    if (text.find('\0') != std::string_view::npos) {
        return Error{Errc::invalid, "a unix socket's name has no NUL byte"};
    }
    if (text.size() <= Address::unix_bytes_max) return {};
    return Error{Errc::invalid,
                 "a unix socket's name has at most " + std::to_string(Address::unix_bytes_max) +
                     " bytes, this one " + std::to_string(text.size()) + ": choose a shorter one",
                 ENAMETOOLONG};
}

// The socket interface's addresses are bytes of which only the family is known beforehand.
void copy_bytes(const void* from, void* to, std::size_t size) noexcept {
    std::copy_n(static_cast<const char*>(from), size, static_cast<char*>(to));
}

template <class System>
System view_as(const sockaddr* address) noexcept {
    System result{};
    copy_bytes(address, &result, sizeof result);
    return result;
}

std::string text_of_ip(const sockaddr* address, socklen_t size) {
    std::array<char, INET6_ADDRSTRLEN + IF_NAMESIZE + 1> text{};
    if (::getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
        return "?";
    }
    return text.data();
}

}  // namespace

Result<Address> Address::path(std::string_view path) {
    MYCELIUM_TRY(check_unix(path));
    sockaddr_un system{};
    system.sun_family = AF_UNIX;
    path.copy(system.sun_path, path.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return *from(reinterpret_cast<const sockaddr*>(&system), size);
}

Result<Address> Address::abstract(std::string_view name) {
    MYCELIUM_TRY(check_unix(name));
    sockaddr_un system{};
    system.sun_family = AF_UNIX;
    name.copy(system.sun_path + 1, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    return *from(reinterpret_cast<const sockaddr*>(&system), size);
}

std::optional<Address> Address::numeric(const std::string& host, std::uint16_t port) noexcept {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
    const auto result = from(found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    if (!result) return std::nullopt;
    return result->with_port(port);
}

std::optional<Address> Address::from(const sockaddr* address, socklen_t size) noexcept {
    Address result;
    if (size < sizeof(sa_family_t) || size > sizeof result.storage_) return std::nullopt;
    copy_bytes(address, &result.storage_, size);
    result.size_ = size;
    const bool is_short_v4 = result.family() == AF_INET && size < sizeof(sockaddr_in);
    const bool is_short_v6 = result.family() == AF_INET6 && size < sizeof(sockaddr_in6);
    if (is_short_v4 || is_short_v6) return std::nullopt;
    return result;
}

std::optional<Address> Address::of(int socket) noexcept {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    if (::getsockname(socket, address, &size) != 0) return std::nullopt;
    return from(address, size);
}

std::optional<Address> Address::of_peer(int socket) noexcept {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    if (::getpeername(socket, address, &size) != 0) return std::nullopt;
    return from(address, size);
}

std::uint16_t Address::port() const noexcept {
    if (family() == AF_INET) return ntohs(view_as<sockaddr_in>(data()).sin_port);
    if (family() == AF_INET6) return ntohs(view_as<sockaddr_in6>(data()).sin6_port);
    return 0;
}

Address Address::with_port(std::uint16_t port) const noexcept {
    Address result = *this;
    const in_port_t network_port = htons(port);
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    if (is_ip()) {
        copy_bytes(&network_port,
                   reinterpret_cast<char*>(&result.storage_) + offsetof(sockaddr_in, sin_port),
                   sizeof network_port);
    }
    return result;
}

std::string Address::to_string() const {
    const std::string port_text = ":" + std::to_string(port());
    if (family() == AF_INET) return text_of_ip(data(), size_) + port_text;
    if (family() == AF_INET6) return "[" + text_of_ip(data(), size_) + "]" + port_text;
    constexpr std::size_t start = offsetof(sockaddr_un, sun_path);
    if (family() != AF_UNIX || size_ <= start) return "nowhere";
    std::string text(reinterpret_cast<const char*>(&storage_) + start, size_ - start);
    if (text.front() == '\0') return "@" + text.substr(1);
    return text.c_str();
}

bool operator==(const Address& a, const Address& b) noexcept {
    return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace mycelium::os
