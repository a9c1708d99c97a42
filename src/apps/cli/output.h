// Output: standard output, written in large pieces.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <mycelium/result.h>
#include <mycelium/time.h>

namespace mycelium::cli {

/// What is written is kept until flush() or until there is much of it. A reader that has gone is no
/// error: is_abandoned() tells, and what is written from then on is dropped. One thread.
class Output {
public:
    /// While `stop_fd` is readable, a reader that takes nothing is waited for `stop_grace` only.
    explicit Output(int stop_fd = -1);
    /// Is standard output open? To be asked before anything else takes its number.
    static bool is_there() noexcept;

    Result<void> write(std::span<const std::byte> bytes);
    Result<void> write(std::string_view text) { return write(std::as_bytes(std::span{text})); }
    Result<void> flush();

    bool is_abandoned() const noexcept { return is_abandoned_; }
    /// Polls as readable once the reader has gone; -1: this kind of output does not tell.
    int hang_up_fd() const noexcept { return hang_up_fd_; }

    static constexpr Duration stop_grace = std::chrono::seconds{1};

private:
    Result<void> write_through(std::span<const std::byte> bytes);

    int stop_fd_;
    int hang_up_fd_;
    std::size_t piece_bytes_max_;
    std::string pending_;
    bool is_abandoned_ = false;
};

}  // namespace mycelium::cli
