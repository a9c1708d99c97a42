// RawPeer: a peer that speaks no protocol of its own accord: it sends whatever bytes a test gives
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/mycelium.h>

#include "core/wire/fast_message.h"
#include "core/wire/hello.h"
#include "eventually.h"
#include "host/os/fd.h"

namespace mycelium::testing_support {

using Buffer = std::vector<std::byte>;

/// A frame around the payload, with the checksum that the header's flags ask for.
Buffer frame_of(std::span<const std::byte> payload, std::uint8_t flags = flag_unchecked,
                std::uint64_t sequence = 0);
/// The first message of a dialling port.
Buffer hello_frame(const wire::Hello& hello);
/// The same with a map that our encoder would not write.
Buffer hello_frame(std::span<const std::byte> map);
/// What a port of that pattern and type says about itself.
wire::Hello hello_of(wire::Pattern pattern, const Schema& type,
                     const Schema& answer = any_schema());
void append(Buffer& to, std::span<const std::byte> more);

/// One connected stream socket. Moves only; closes in its destructor.
class RawPeer {
public:
    /// Connects to a unix://, shm:// or tcp:// URL with numeric address; waits while the backlog is
    /// full. Throws.
    static RawPeer connect(const std::string& url);
    RawPeer(RawPeer&& other) noexcept;
    RawPeer& operator=(RawPeer&&) = delete;
    ~RawPeer();

    /// Sends all of it; false: the other end has closed, or takes no more within `limit`.
    bool send(std::span<const std::byte> bytes, Duration limit = conformance::patience);
    bool send(std::string_view text) { return send(std::as_bytes(std::span{text})); }
    /// All of it, with descriptors at its first byte, or nothing.
    bool send_with(std::span<const std::byte> bytes, std::span<const int> descriptors);
    /// The next descriptor that came with what was read; none: there is no more.
    os::Fd take_descriptor();
    int fd() const noexcept { return fd_; }
    /// No more will be sent.
    void finish() noexcept;

    struct Frame {
        Header header;
        Buffer payload;
    };
    /// The next frame, past bytes that only wake; none: the stream ended, or nothing came.
    std::optional<Frame> read_frame(Duration limit = conformance::patience);
    /// Reads and forgets until the other end closes; false: it did not.
    bool is_closed(Duration limit = conformance::patience);
    /// Sends the hello and reads its answer; its text if it is a refusal, else empty.
    std::string introduce(const wire::Hello& hello);

private:
    explicit RawPeer(int fd) noexcept : fd_(fd) {}
    bool read_some(Instant deadline);

    int fd_;
    Buffer received_;
    std::vector<os::Fd> descriptors_;
    bool ended_ = false;
};

}  // namespace mycelium::testing_support
