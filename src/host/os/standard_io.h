// Standard input and output, and files read from beginning to end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <mycelium/bytes.h>
#include <mycelium/ext/stream.h>
#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/fd.h"

namespace mycelium::os {

inline constexpr int standard_input = 0;
inline constexpr int standard_output = 1;

/// Opens a file, pipe or device for reading. Errors, with the path: denied, unavailable (not
/// there), invalid (a directory).
Result<Fd> open_to_read(const std::string& path);

/// One read: `end` at the end of the input. Blocks if the descriptor does and nothing is there.
Io read_some(int fd, std::span<std::byte> into) noexcept;
/// One write.
Io write_some(int fd, std::span<const std::byte> from) noexcept;
/// How many bytes a descriptor that polls writable takes without blocking: a page for a pipe or
/// terminal, any number for a file.
std::size_t write_bytes_max(int fd) noexcept;

/// Makes 0, 1 and 2 something (/dev/null), so that what is opened later is never taken for one of
/// them.
void ensure_standard_streams() noexcept;

/// Everything up to the end of the input. overloaded: more than `bytes_max`. closed: `stop_fd`
/// became readable.
Result<Bytes> read_to_end(int fd, std::uint64_t bytes_max, int stop_fd = -1);

/// Waits until `fd` can be read (or written; an end or an error counts), or `stop_fd` (-1: none) is
/// readable.
enum class Ready : std::uint8_t { now, stopped, timed_out };
Result<Ready> wait_to_read(int fd, int stop_fd, Instant deadline);
Result<Ready> wait_to_write(int fd, int stop_fd, Instant deadline);

bool is_terminal(int fd) noexcept;
/// A pipe tells by polling when its reader has gone, without a write.
bool is_pipe(int fd) noexcept;

}  // namespace mycelium::os
