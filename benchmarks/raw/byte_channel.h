// ByteChannel: messages of one fixed size over a blocking stream socket, or a pipe each way: the
// least that any message system over those has to do.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "benchmarks/raw/stamp.h"

namespace mycelium::bench {

class ByteChannel {
public:
    static constexpr std::size_t write_bytes = 64 * 1024;     ///< of one write, when gathering
    static constexpr std::size_t receive_bytes = 256 * 1024;  ///< of the buffer for small messages

    /// `gather`: small messages are collected into writes of 64 KiB. The socket is not owned.
    ByteChannel(int fd, std::size_t message_bytes, bool gather)
        : ByteChannel(fd, fd, message_bytes, gather) {}
    /// One descriptor to write to, and one to read from.
    ByteChannel(int out_fd, int in_fd, std::size_t message_bytes, bool gather)
        : out_fd_(out_fd),
          in_fd_(in_fd),
          message_bytes_(message_bytes),
          gather_(gather && message_bytes <= write_bytes / 2),
          out_(gather_ ? write_bytes / message_bytes * message_bytes : message_bytes,
               std::byte{'x'}),
          in_(message_bytes <= receive_bytes / 4 ? receive_bytes : message_bytes) {}

    void send(std::uint64_t number) {
        stamp(std::span{out_}.subspan(gathered_, message_bytes_), number);
        gathered_ += message_bytes_;
        if (gathered_ == out_.size()) flush();
    }
    void flush() {
        for (std::size_t sent = 0; sent < gathered_;)
            sent += moved(::write(out_fd_, out_.data() + sent, gathered_ - sent), "write");
        gathered_ = 0;
    }
    Arrival receive() {
        if (end_ - begin_ < message_bytes_ && !fill()) return {};
        const Arrival arrival = read_stamp(std::span{in_}.subspan(begin_, message_bytes_));
        begin_ += message_bytes_;
        return arrival;
    }

private:
    /// Reads until there is a whole message. False: the other side has closed.
    bool fill() {
        if (begin_ != 0) std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        while (end_ < message_bytes_) {
            const ssize_t size = ::read(in_fd_, in_.data() + end_, in_.size() - end_);
            if (size == 0) return false;
            end_ += moved(size, "read");
        }
        return true;
    }
    static std::size_t moved(ssize_t size, const char* what) {
        if (size >= 0) return static_cast<std::size_t>(size);
        if (errno == EINTR) return 0;
        throw std::system_error(errno, std::generic_category(), what);
    }

    int out_fd_;
    int in_fd_;
    std::size_t message_bytes_;
    bool gather_;
    std::vector<std::byte> out_;
    std::size_t gathered_ = 0;
    std::vector<std::byte> in_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace mycelium::bench
