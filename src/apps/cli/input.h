// What a verb is given to send: a file, standard input, or the lines of standard input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mycelium/bytes.h>
#include <mycelium/result.h>

namespace mycelium::cli {

/// The whole of a file; "-" is standard input. Errors, with the path and the remedy: denied,
/// unavailable, invalid, overloaded (more than `bytes_max`), closed (`stop_fd` became readable).
Result<Bytes> read_input(const std::string& path, std::uint64_t bytes_max, int stop_fd = -1);

/// Cuts bytes that come in pieces of any size into lines. A value; does no reading itself.
class Lines {
public:
    explicit Lines(std::uint64_t line_bytes_max) noexcept : line_bytes_max_(line_bytes_max) {}

    /// Where the next piece goes, at least `size` bytes; then say how many came.
    std::span<std::byte> room(std::size_t size);
    void came(std::size_t size) noexcept { end_ += size; }
    /// Nothing more comes: a last line without a newline counts.
    void finish() noexcept { is_finished_ = true; }

    /// The next line without its newline, valid until room() is called; none: there is no whole one
    /// yet.
    std::optional<std::span<const std::byte>> next();
    /// How many lines next() has given.
    std::uint64_t count() const noexcept { return count_; }
    /// The line under way is longer than a message may be.
    bool is_too_long() const noexcept { return end_ - begin_ > line_bytes_max_; }

private:
    std::uint64_t line_bytes_max_;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;    // of the line under way
    std::size_t scanned_ = 0;  // no newline between begin_ and here
    std::size_t end_ = 0;      // of what came
    std::uint64_t count_ = 0;
    bool is_finished_ = false;
};

}  // namespace mycelium::cli
