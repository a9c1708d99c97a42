// Stream sockets: the system calls, none of which blocks. Numbers called `error` are errno values,
// 0 is success.
#pragma once

#include <cstddef>
#include <span>

#include <mycelium/result.h>

#include "host/os/address.h"
#include "host/os/fd.h"

namespace mycelium::os {

/// A non-blocking, close-on-exec stream socket of the address's family. Errors: overloaded
/// (EMFILE), unsupported.
Result<Fd> open_stream_socket(const Address& address);

int bind_socket(int socket, const Address& address) noexcept;
/// With the longest backlog that the kernel allows.
int listen_on(int socket) noexcept;
/// EINPROGRESS: wait until writable, then ask error_of(). EAGAIN: a unix listener's backlog is
/// full.
int connect_socket(int socket, const Address& address) noexcept;

/// Neither `fd` nor `error`: nobody is waiting. A client that has gone again is passed over.
struct Accepted {
    Fd fd;
    int error = 0;
};
Accepted accept_from(int listener) noexcept;

/// SO_ERROR: what became of connect_socket(); reading it clears it.
int error_of(int socket) noexcept;

/// `count` bytes moved. `would_block` and `error` only when none moved; receiving, neither and no
/// bytes is the end.
struct Moved {
    std::size_t count = 0;
    bool would_block = false;
    int error = 0;
};
Moved receive(int socket, std::span<std::byte> into) noexcept;
/// The parts one after the other, any number of them. A broken connection raises no SIGPIPE.
Moved send(int socket, std::span<const std::span<const std::byte>> parts) noexcept;
/// Both directions; whoever polls the socket wakes. Any thread.
void shut_down(int socket) noexcept;

/// Before bind: an address whose connections linger in TIME_WAIT may be bound again.
int reuse_address(int socket) noexcept;
/// No delay for small messages; a peer that a cut cable hides is given up after about 20 s (probes
/// from 10 s of silence on, every 3 s, and unacknowledged bytes for 20 s).
int set_tcp_options(int socket) noexcept;
/// So much is taken before a send would block; the kernel no longer chooses itself.
int set_send_buffer(int socket, int bytes) noexcept;

}  // namespace mycelium::os
