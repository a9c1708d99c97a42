#include "host/stream/unix_socket.h"

#include <cerrno>
#include <utility>

#include "host/os/error.h"
#include "host/os/socket.h"
#include "host/stream/unix_file.h"

namespace mycelium::stream {
namespace {

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

Result<os::Fd> connect(const os::Address& address, const std::string& place) {
    MYCELIUM_TRY_ASSIGN(os::Fd socket, os::open_stream_socket(address));
    const int error = os::connect_socket(socket.get(), address);
    if (error != 0 && error != EINPROGRESS) return not_connected(error, place);
    return socket;
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

}  // namespace

// The kernel hands out abstract names one at a time and takes them back itself: nothing is ever
// stale.
Result<os::Fd> bind_abstract(const std::string& name, const std::string& place) {
    MYCELIUM_TRY_ASSIGN(const os::Address address, os::Address::abstract(name));
    MYCELIUM_TRY_ASSIGN(os::Fd socket, os::open_stream_socket(address));
    int error = os::bind_socket(socket.get(), address);
    if (error == EADDRINUSE) {
        MYCELIUM_TRY(refuse_live_owner(address, place));
        return Error{Errc::unavailable,
                     place + " is in use by a process that does not listen: choose another name",
                     error};
    }
    if (error == 0) error = os::listen_on(socket.get());
    if (error != 0) return os::error_from(error, "binding " + place);
    return socket;
}

Result<os::Fd> connect_abstract(const std::string& name, const std::string& place) {
    MYCELIUM_TRY_ASSIGN(const os::Address address, os::Address::abstract(name));
    return connect(address, place);
}

// A path too long for an address is reached through its folder, which must stay open until
// connect() has looked it up.
Result<os::Fd> connect_file(const std::string& place) {
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
    MYCELIUM_TRY_ASSIGN(const os::Address address, reach(path, *folder));
    return connect(address, place);
}

}  // namespace mycelium::stream
