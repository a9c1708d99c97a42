#include "apps/cli/input.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "apps/cli/quantity.h"
#include "host/os/standard_io.h"

namespace mycelium::cli {

namespace {

Error explained(Error error, const std::string& path, std::uint64_t bytes_max) {
    switch (error.code()) {
        case Errc::unavailable:
            return {error.code(), error.message() + ": check the path", error.detail()};
        case Errc::denied:
            return {error.code(), error.message() + ": make it readable for this user",
                    error.detail()};
        case Errc::overloaded:
            return {error.code(),
                    path + " is longer than " + text_of_size(bytes_max) + ": raise --message-max",
                    error.detail()};
        default:
            return error;
    }
}

}  // namespace

Result<Bytes> read_input(const std::string& path, std::uint64_t bytes_max, int stop_fd) {
    if (path == "-") {
        auto bytes = os::read_to_end(os::standard_input, bytes_max, stop_fd);
        if (!bytes) return explained(std::move(bytes).error(), "standard input", bytes_max);
        return bytes;
    }
    auto file = os::open_to_read(path);
    if (!file) return explained(std::move(file).error(), path, bytes_max);
    auto bytes = os::read_to_end(file->get(), bytes_max, stop_fd);
    if (!bytes) return explained(std::move(bytes).error(), path, bytes_max);
    return bytes;
}

std::span<std::byte> Lines::room(std::size_t size) {
    if (begin_ > 0 && buffer_.size() - end_ < size) {
        std::move(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        scanned_ -= begin_;
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() - end_ < size) buffer_.resize(std::max(buffer_.size() * 2, end_ + size));
    return std::span{buffer_}.subspan(end_);
}

std::optional<std::span<const std::byte>> Lines::next() {
    const std::string_view unseen{reinterpret_cast<const char*>(buffer_.data()) + scanned_,
                                  end_ - scanned_};
    const std::size_t newline = std::min(unseen.find('\n'), unseen.size());
    scanned_ += newline;
    if (newline == unseen.size() && !(is_finished_ && begin_ < end_)) return std::nullopt;
    const auto line = std::span<const std::byte>{buffer_}.subspan(begin_, scanned_ - begin_);
    if (line.size() > line_bytes_max_) return std::nullopt;  // is_too_long() tells
    begin_ = scanned_ = std::min(scanned_ + 1, end_);
    ++count_;
    return line;
}

}  // namespace mycelium::cli
