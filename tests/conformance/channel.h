// Channel: lines in both directions between a test and a role that it started.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <mycelium/time.h>

namespace mycelium::conformance {

/// One end of a socket pair. Owns its descriptor. One thread at a time per direction.
class Channel {
public:
    explicit Channel(int fd) noexcept : fd_(fd) {}
    Channel(Channel&& other) noexcept;
    Channel& operator=(Channel&&) = delete;
    ~Channel();

    /// Writes the line; a peer that is gone is no error.
    void say(std::string_view line);
    /// The next line; none: the deadline passed or the other end is gone, which has_ended() tells
    /// apart.
    std::optional<std::string> hear(Duration limit);
    bool has_ended() const noexcept { return ended_; }
    /// No more will be said; the other end hears the end.
    void finish() noexcept;

    /// Two ends that talk to each other; close-on-exec. Throws std::system_error.
    static std::pair<Channel, Channel> pair();
    int fd() const noexcept { return fd_; }

private:
    int fd_;
    std::string heard_;
    bool ended_ = false;
};

}  // namespace mycelium::conformance
