#include "host/stream/unix.h"

#include <cerrno>
#include <string>
#include <utility>

#include "host/os/error.h"
#include "host/os/socket.h"
#include "host/stream/socket_stream.h"
#include "host/stream/unix_file.h"

namespace mycelium {
namespace {

using stream::SocketFile;
using stream::SocketPath;
using stream::SocketStream;

bool is_abstract(const Url& url) { return url.place.starts_with('@'); }

Result<std::unique_ptr<Stream>> accept_here(int listener) noexcept {
    return stream::accept_stream(listener, SocketStream::Place::this_machine, nullptr);
}

class FileListener final : public Listener {
public:
    FileListener(SocketFile file, Url url) : file_(std::move(file)), url_(std::move(url)) {}
    int fd() const noexcept override { return file_.fd(); }
    const Url& url() const noexcept override { return url_; }
    Result<std::unique_ptr<Stream>> accept() noexcept override { return accept_here(fd()); }

private:
    SocketFile file_;
    Url url_;
};

class AbstractListener final : public Listener {
public:
    AbstractListener(os::Fd socket, Url url) : socket_(std::move(socket)), url_(std::move(url)) {}
    int fd() const noexcept override { return socket_.get(); }
    const Url& url() const noexcept override { return url_; }
    Result<std::unique_ptr<Stream>> accept() noexcept override { return accept_here(fd()); }

private:
    os::Fd socket_;
    Url url_;
};

// The kernel hands out abstract names one at a time and takes them back itself: nothing is ever
// stale.
Result<os::Fd> bind_abstract(const std::string& place) {
    MYCELIUM_TRY_ASSIGN(const os::Address address, os::Address::abstract(place.substr(1)));
    MYCELIUM_TRY_ASSIGN(os::Fd socket, os::open_stream_socket(address));
    int error = os::bind_socket(socket.get(), address);
    if (error == EADDRINUSE) {
        MYCELIUM_TRY(stream::refuse_live_owner(address, place));
        return Error{Errc::unavailable,
                     place + " is in use by a process that does not listen: choose another name",
                     error};
    }
    if (error == 0) error = os::listen_on(socket.get());
    if (error != 0) return os::error_from(error, "binding " + place);
    return socket;
}

Error not_connected(int error, const std::string& place) {
    switch (error) {
        case ENOENT:
        case ECONNREFUSED:
            return {Errc::unavailable, "nobody listens at " + place, error};
        case EAGAIN:
            return {Errc::unavailable, "too many callers wait at " + place + " already", error};
        case EACCES:
        case EPERM:
            return {Errc::denied,
                    "no permission to connect to " + place + ": it is for its owner's user", error};
        default:
            return os::error_from(error, "connecting to " + place);
    }
}

Result<std::unique_ptr<Stream>> connect(const os::Address& address, const std::string& place) {
    MYCELIUM_TRY_ASSIGN(os::Fd socket, os::open_stream_socket(address));
    const int error = os::connect_socket(socket.get(), address);
    if (error != 0 && error != EINPROGRESS) return not_connected(error, place);
    return std::unique_ptr<Stream>{
        std::make_unique<SocketStream>(std::move(socket), SocketStream::Place::this_machine)};
}

/// A connection to what is no socket is refused like one to a socket that nobody listens at.
Error name_what_stands_there(Error refused, const SocketPath& path) {
    if (refused.detail() != ECONNREFUSED) return refused;
    const auto folder = os::Directory::open(path.folder);
    const auto facts = folder ? folder->look(path.name) : Result<os::FileFacts>{refused};
    using Kind = os::FileFacts::Kind;
    if (!facts || facts->kind == Kind::absent || facts->kind == Kind::socket ||
        facts->kind == Kind::link)
        return refused;
    return {Errc::unavailable,
            path.joined() + " is " + os::describe(facts->kind) + ", not a socket", ENOTSOCK};
}

// A path too long for an address is reached through its folder, which must stay open until
// connect() has looked it up.
Result<std::unique_ptr<Stream>> connect_to_file(const std::string& place) {
    MYCELIUM_TRY_ASSIGN(const SocketPath path, SocketPath::split(place));
    if (path.joined().size() <= os::Address::unix_bytes_max) {
        MYCELIUM_TRY_ASSIGN(const os::Address address, os::Address::path(path.joined()));
        auto connected = connect(address, place);
        if (!connected) return name_what_stands_there(std::move(connected).error(), path);
        return connected;
    }
    auto folder = os::Directory::open(path.folder);
    if (!folder && folder.error().detail() == ENOENT) return not_connected(ENOENT, place);
    if (!folder) return std::move(folder).error();
    MYCELIUM_TRY_ASSIGN(const os::Address address, stream::reach(path, *folder));
    return connect(address, place);
}

class UnixStreams final : public StreamTransport {
public:
    std::string_view scheme() const noexcept override { return "unix"; }
    bool is_local() const noexcept override { return true; }

    Result<std::unique_ptr<Listener>> listen(const Url& url) override {
        if (is_abstract(url)) {
            MYCELIUM_TRY_ASSIGN(os::Fd socket, bind_abstract(url.place));
            return std::unique_ptr<Listener>{
                std::make_unique<AbstractListener>(std::move(socket), url)};
        }
        MYCELIUM_TRY_ASSIGN(SocketFile file, SocketFile::bind(url.place));
        return std::unique_ptr<Listener>{std::make_unique<FileListener>(std::move(file), url)};
    }

    Result<std::unique_ptr<Stream>> dial(const Url& url) override {
        if (!is_abstract(url)) return connect_to_file(url.place);
        MYCELIUM_TRY_ASSIGN(const os::Address address, os::Address::abstract(url.place.substr(1)));
        return connect(address, url.place);
    }

    Result<void> ready(Stream& stream) override { return stream::check_connected(stream); }
};

}  // namespace

std::shared_ptr<StreamTransport> unix_streams() { return std::make_shared<UnixStreams>(); }

}  // namespace mycelium
