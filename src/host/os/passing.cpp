#include "host/os/passing.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <array>
#include <cerrno>

#include "host/os/system_call.h"

namespace mycelium::os {
namespace {

constexpr std::size_t control_size = CMSG_SPACE(passed_descriptors_max * sizeof(int));

// Room for the descriptors of one message, aligned as the kernel writes it.
struct alignas(cmsghdr) Control {
    std::array<std::byte, control_size> bytes{};
};

Moved moved(ssize_t returned) noexcept {
    if (returned >= 0) return {.count = static_cast<std::size_t>(returned)};
    if (errno == EAGAIN) return {.would_block = true};
    return {.error = errno};
}

void attach(msghdr& message, Control& control, std::span<const int> descriptors) noexcept {
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::copy_n(reinterpret_cast<const std::byte*>(descriptors.data()), descriptors.size_bytes(),
                reinterpret_cast<std::byte*>(CMSG_DATA(header)));
}

/// At most what a Control holds, so never more than passed_descriptors_max.
struct Passed {
    std::array<Fd, passed_descriptors_max> descriptors;
    std::size_t count = 0;

    void adopt_from(msghdr& message) noexcept {
        for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
             header = CMSG_NXTHDR(&message, header)) {
            if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
            const auto* const numbers = reinterpret_cast<const std::byte*>(CMSG_DATA(header));
            const std::size_t came = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t index = 0; index < came && count < descriptors.size(); ++index) {
                int number = -1;
                std::copy_n(numbers + index * sizeof number, sizeof number,
                            reinterpret_cast<std::byte*>(&number));
                descriptors[count++] = Fd::adopt(number);
            }
        }
    }
    bool move_to(std::vector<Fd>& into) noexcept {
        try {
            into.reserve(into.size() + count);
        } catch (...) {
            return false;
        }
        for (std::size_t index = 0; index < count; ++index) {
            into.push_back(std::move(descriptors[index]));
        }
        return true;
    }
};

}  // namespace

Moved send_with(int socket, std::span<const std::byte> bytes,
                std::span<const int> descriptors) noexcept {
    if (descriptors.size() > passed_descriptors_max) return {.error = EINVAL};
    if (bytes.empty()) return {.error = descriptors.empty() ? 0 : EINVAL};
    iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    Control control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) attach(message, control, descriptors);
    ssize_t sent = -1;
    do {
        sent = system_call::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return moved(sent);
}

ReceivedWith receive_with(int socket, std::span<std::byte> into,
                          std::vector<Fd>& descriptors) noexcept {
    iovec part{.iov_base = into.data(), .iov_len = into.size()};
    Control control;
    msghdr message{};
    ssize_t received = -1;
    do {
        message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.bytes.data();
        message.msg_controllen = control.bytes.size();
        received = system_call::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    ReceivedWith result{.moved = moved(received), .truncated = false};
    if (received < 0) return result;
    Passed passed;
    passed.adopt_from(message);
    result.truncated = (message.msg_flags & MSG_CTRUNC) != 0;
    if (passed.count != 0 && !passed.move_to(descriptors)) result.truncated = true;
    return result;
}

}  // namespace mycelium::os
