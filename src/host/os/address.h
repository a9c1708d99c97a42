// Address: where a socket is bound or connects to.
#pragma once

#include <sys/socket.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mycelium/result.h>

namespace mycelium::os {

/// A unix path, a Linux abstract name, or an IP address with a port. A value.
class Address {
public:
    static constexpr std::size_t unix_bytes_max = 107;  ///< of a path or an abstract name

    Address() noexcept = default;
    /// invalid: empty, longer than unix_bytes_max, or with a NUL byte.
    static Result<Address> path(std::string_view path);
    static Result<Address> abstract(std::string_view name);
    /// "127.0.0.1", "::1", "fe80::1%eth0"; none: not the text of an IP address.
    static std::optional<Address> numeric(const std::string& host, std::uint16_t port) noexcept;
    /// Copies what the system gave; none if it does not fit.
    static std::optional<Address> from(const sockaddr* address, socklen_t size) noexcept;
    /// What the socket is bound to, or its peer; none: not bound, not connected, or forked.
    static std::optional<Address> of(int socket) noexcept;
    static std::optional<Address> of_peer(int socket) noexcept;

    int family() const noexcept { return storage_.ss_family; }
    bool is_ip() const noexcept { return family() == AF_INET || family() == AF_INET6; }
    std::uint16_t port() const noexcept;  ///< 0 unless is_ip()
    /// The same IP address with another port.
    Address with_port(std::uint16_t port) const noexcept;
    /// "127.0.0.1:80", "[::1]:80", "/run/a.sock", "@name".
    std::string to_string() const;

    const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const noexcept { return size_; }

    friend bool operator==(const Address& a, const Address& b) noexcept;

private:
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

}  // namespace mycelium::os
