// What the tests of unix streams share: a folder of their own, and one connection's two ends.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <array>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "host/os/clock.h"
#include "host/os/fd.h"
#include "host/os/poll.h"
#include "host/os/socket.h"
#include "host/stream/unix.h"

namespace mycelium::testing_unix {

namespace fs = std::filesystem;

inline Url url_of(std::string place) {
    return {.scheme = "unix", .place = std::move(place), .options = {}};
}

inline bool becomes_ready(int fd, bool for_writing = false) {
    std::array polled{os::Polled{.fd = fd, .for_writing = for_writing}};
    return os::poll(polled, after(std::chrono::seconds{60})).value() == 1;
}

inline std::unique_ptr<Stream> accept_one(Listener& listener) {
    if (!becomes_ready(listener.fd())) return nullptr;
    return listener.accept().value();
}

inline std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span{text});
}

inline Io write_text(Stream& stream, std::string_view text) {
    const std::array parts{bytes(text)};
    return stream.write(parts);
}

inline std::string read_text(Stream& stream, std::size_t size) {
    std::string text(size, '\0');
    std::size_t count = 0;
    while (count < size && becomes_ready(stream.fd())) {
        const Io io = stream.read(std::as_writable_bytes(std::span{text}).subspan(count));
        if (io.kind != Io::Kind::done) break;
        count += io.count;
    }
    text.resize(count);
    return text;
}

class UnixStreams : public ::testing::Test {
protected:
    UnixStreams() {
        std::string pattern = fs::temp_directory_path() / "mycelium-test-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        path = folder / "here.sock";
    }
    ~UnixStreams() override {
        std::error_code ignored;
        fs::permissions(folder, fs::perms::owner_all, ignored);
        fs::remove_all(folder, ignored);
    }

    std::size_t files_in_folder() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder}, {}));
    }
    // What a killed program leaves: a file whose socket is closed.
    void leave_stale(const fs::path& place) const {
        const auto address = os::Address::path(place.string()).value();
        const os::Fd socket = os::open_stream_socket(address).value();
        ASSERT_EQ(os::bind_socket(socket.get(), address), 0);
        ASSERT_EQ(os::listen_on(socket.get()), 0);
    }

    fs::path folder;
    fs::path path;
    std::shared_ptr<StreamTransport> streams = unix_streams();
};

}  // namespace mycelium::testing_unix
