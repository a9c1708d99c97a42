// The system calls of every message over a socket, made without the C library's wrappers: those are
// cancellation points, which in a process with threads costs atomic operations in every call.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <ctime>

namespace mycelium::os::system_call {

#if defined(__has_feature)
#define MYCELIUM_HAS_FEATURE_(name) __has_feature(name)
#else
#define MYCELIUM_HAS_FEATURE_(name) 0
#endif

#if defined(__SANITIZE_THREAD__) || MYCELIUM_HAS_FEATURE_(thread_sanitizer)
// ThreadSanitizer holds signals back until the next wrapper that it knows.
inline ssize_t recv(int socket, void* into, std::size_t size, int flags) noexcept {
    return ::recv(socket, into, size, flags);
}
inline ssize_t sendmsg(int socket, const msghdr* message, int flags) noexcept {
    return ::sendmsg(socket, message, flags);
}
inline ssize_t recvmsg(int socket, msghdr* message, int flags) noexcept {
    return ::recvmsg(socket, message, flags);
}
// It does not know this one: let it be absent, as on older kernels, so that a wrapper is slept in.
inline int epoll_pwait2(int, epoll_event*, int, const timespec*) noexcept {
    errno = ENOSYS;
    return -1;
}
#else
inline ssize_t recv(int socket, void* into, std::size_t size, int flags) noexcept {
    return ::syscall(SYS_recvfrom, socket, into, size, flags, nullptr, nullptr);
}
inline ssize_t sendmsg(int socket, const msghdr* message, int flags) noexcept {
    return ::syscall(SYS_sendmsg, socket, message, flags);
}
inline ssize_t recvmsg(int socket, msghdr* message, int flags) noexcept {
    return ::syscall(SYS_recvmsg, socket, message, flags);
}
inline int epoll_pwait2(int epoll, epoll_event* events, int room,
                        const timespec* timeout) noexcept {
    return static_cast<int>(
        ::syscall(SYS_epoll_pwait2, epoll, events, room, timeout, nullptr, std::size_t{0}));
}
#endif

#undef MYCELIUM_HAS_FEATURE_

}  // namespace mycelium::os::system_call
