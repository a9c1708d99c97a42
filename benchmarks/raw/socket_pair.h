// SocketPair: two connected stream sockets, blocking, as a program would make them that uses
// nothing but the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace mycelium::bench {

enum class SocketKind : std::uint8_t { unix_stream, tcp_loopback };

/// Owns one descriptor.
class Socket {
public:
    explicit Socket(int fd = -1) noexcept : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Socket();
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

struct SocketPair {
    Socket near;
    Socket far;
    /// Throws std::system_error. `buffer_bytes` 0: the system's default buffers. tcp has no delay.
    static SocketPair create(SocketKind kind, std::size_t buffer_bytes = 0);
};

}  // namespace mycelium::bench
