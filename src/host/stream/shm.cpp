#include "host/stream/shm.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "host/os/error.h"
#include "host/os/socket.h"
#include "host/os/user.h"
#include "host/stream/descriptor_stream.h"
#include "host/stream/socket_stream.h"
#include "host/stream/unix_file.h"
#include "host/stream/unix_socket.h"

namespace mycelium {
namespace {

using stream::DescriptorStream;

/// Two FNV-1a hashes, for names that no address can hold.
std::string hash_of(std::string_view text) {
    static constexpr char digit[] = "0123456789abcdef";
    std::string hex;
    for (std::uint64_t hash : {0xcbf29ce484222325ULL, 0x84222325cbf29ce4ULL}) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
        for (int shift = 60; shift >= 0; shift -= 4) hex += digit[(hash >> shift) & 15];
    }
    return hex;
}

std::string abstract_name(std::int64_t user, const std::string& place) {
    const std::string begin = "mycelium/" + std::to_string(user) + "/";
    if (begin.size() + place.size() <= os::Address::unix_bytes_max) return begin + place;
    return begin + "#" + hash_of(place);
}

/// Empty: the ends meet at an abstract socket.
std::string runtime_folder() {
    const char* const folder = std::getenv("MYCELIUM_RUNTIME_DIR");
    return folder == nullptr ? "" : folder;
}

/// One file name for any place: what cannot stand in it is written as %XX.
std::string file_of(const std::string& folder, const std::string& place) {
    static constexpr char digit[] = "0123456789ABCDEF";
    std::string name;
    for (const char c : place) {
        if (c != '/' && c != '%') {
            name += c;
            continue;
        }
        name += {'%', digit[static_cast<unsigned char>(c) >> 4],
                 digit[static_cast<unsigned char>(c) & 15]};
    }
    constexpr std::size_t name_bytes_max = 200;
    if (name.size() > name_bytes_max) name = "#" + hash_of(place);
    return folder + "/" + name + ".shm";
}

class ShmListener final : public Listener {
public:
    ShmListener(os::Fd socket, Url url) : socket_(std::move(socket)), url_(std::move(url)) {}
    ShmListener(stream::SocketFile file, Url url)
        : file_(std::make_unique<stream::SocketFile>(std::move(file))), url_(std::move(url)) {}

    int fd() const noexcept override { return file_ ? file_->fd() : socket_.get(); }
    const Url& url() const noexcept override { return url_; }
    Result<std::unique_ptr<Stream>> accept() noexcept override {
        return stream::accept_descriptor_stream(fd());
    }

private:
    os::Fd socket_;
    std::unique_ptr<stream::SocketFile> file_;
    Url url_;
};

class ShmStreams final : public StreamTransport {
public:
    std::string_view scheme() const noexcept override { return "shm"; }
    bool is_local() const noexcept override { return true; }

    Result<std::unique_ptr<Listener>> listen(const Url& url) override {
        if (const std::string folder = runtime_folder(); !folder.empty()) {
            MYCELIUM_TRY(check_folder(folder));
            MYCELIUM_TRY_ASSIGN(auto file, stream::SocketFile::bind(file_of(folder, url.place)));
            return std::unique_ptr<Listener>{std::make_unique<ShmListener>(std::move(file), url)};
        }
        MYCELIUM_TRY_ASSIGN(os::Fd socket,
                            stream::bind_abstract(abstract_name(os::effective_user(), url.place),
                                                  "shm://" + url.place));
        return std::unique_ptr<Listener>{std::make_unique<ShmListener>(std::move(socket), url)};
    }

    Result<std::unique_ptr<Stream>> dial(const Url& url) override {
        auto socket = connect(url);
        if (!socket) return std::move(socket).error();
        return std::unique_ptr<Stream>{std::make_unique<DescriptorStream>(*std::move(socket))};
    }

    Result<void> ready(Stream& stream) override { return stream::check_connected(stream); }

private:
    /// Others must not be able to put sockets of theirs there.
    static Result<void> check_folder(const std::string& folder) {
        MYCELIUM_TRY_ASSIGN(const auto opened, os::Directory::open(folder));
        if (opened.is_private()) return {};
        return Error{Errc::denied,
                     "MYCELIUM_RUNTIME_DIR, " + folder +
                         ", is open to other users: it must be yours, with mode 0700"};
    }

    static Result<os::Fd> connect(const Url& url) {
        const std::string shown = "shm://" + url.place;
        if (const std::string folder = runtime_folder(); !folder.empty())
            return stream::connect_file(file_of(folder, url.place));
        auto socket =
            stream::connect_abstract(abstract_name(os::effective_user(), url.place), shown);
        if (socket || socket.error().code() != Errc::unavailable) return socket;
        // Of users that the URL admits by number, each has names of its own.
        std::string_view list = url.option("allow").value_or("");
        while (!list.empty()) {
            const auto comma = list.find(',');
            const std::string one{list.substr(0, comma)};
            list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
            if (!one.starts_with("uid:") || one == "uid:*") continue;
            auto other = stream::connect_abstract(
                abstract_name(std::atoll(one.c_str() + 4), url.place), shown);
            if (other) return other;
        }
        return socket;
    }
};

}  // namespace

std::shared_ptr<StreamTransport> shm_streams() { return std::make_shared<ShmStreams>(); }

}  // namespace mycelium
