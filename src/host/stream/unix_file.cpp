// How a socket file changes hands.
//
// All who bind in a folder hold a lock on the folder itself, which leaves nothing behind. Under it:
// look what is there; if a socket, knock; if nobody answers it is stale. The new socket is bound
// under another name, given mode 0600, made to listen and only then renamed to its place: whoever
// finds the name finds a file that he may use and a listener that answers, and never "connection
// refused" from one that is about to listen, which would look stale. The other name is always the
// same for one user, so that a crash in between leaves at most one file, which the next one
// removes.
#include "host/stream/unix_file.h"

#include <cerrno>
#include <chrono>

#include "host/os/error.h"
#include "host/os/peer.h"
#include "host/os/process.h"
#include "host/os/socket.h"
#include "host/os/user.h"

namespace mycelium::stream {
namespace {

constexpr Duration lock_patience = std::chrono::seconds{2};
constexpr unsigned owner_only = 0600;

std::string temporary_name() { return ".mycelium-binding-" + std::to_string(os::effective_user()); }

Error in_use(const std::string& shown, const std::string& owner) {
    return {Errc::unavailable,
            shown + " is in use by " + owner + ": stop it or choose another name", EADDRINUSE};
}

Result<os::FileFacts> bind_under(const std::string& name, const SocketPath& path,
                                 const os::Directory& folder, int socket) {
    MYCELIUM_TRY_ASSIGN(const os::Address address, reach({path.folder, name}, folder));
    folder.unlink(name);
    if (const int error = os::bind_socket(socket, address); error != 0) {
        Error failure = os::error_from(error, "making a socket file in " + path.folder);
        if (failure.code() != Errc::denied) return failure;
        return Error{Errc::denied, failure.message() + ": choose a directory that you may write to",
                     error};
    }
    int error = folder.set_mode(name, owner_only);
    if (error == 0) error = os::listen_on(socket);
    auto facts = folder.look(name);
    if (facts && error == 0) error = folder.rename(name, path.name);
    if (error != 0) {
        folder.unlink(name);
        return os::error_from(error, "putting a socket at " + path.joined());
    }
    return facts;
}

// What stands at the path may be replaced: nothing, or a socket that nobody answers.
Result<void> check_place(const SocketPath& path, const os::Directory& folder) {
    MYCELIUM_TRY_ASSIGN(const os::FileFacts there, folder.look(path.name));
    if (there.kind == os::FileFacts::Kind::absent) return {};
    if (there.kind != os::FileFacts::Kind::socket) {
        return Error{Errc::invalid,
                     path.joined() + " is " + os::describe(there.kind) +
                         ", not a socket: remove it or choose another path",
                     EEXIST};
    }
    MYCELIUM_TRY_ASSIGN(const os::Address address, reach(path, folder));
    return refuse_live_owner(address, path.joined());
}

// With the folder locked.
Result<os::FileFacts> take_place(const SocketPath& path, const os::Directory& folder, int socket) {
    MYCELIUM_TRY(check_place(path, folder));
    return bind_under(temporary_name(), path, folder, socket);
}

}  // namespace

Result<SocketPath> SocketPath::split(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const bool has_folder = slash != std::string::npos;
    SocketPath result{.folder = has_folder ? path.substr(0, slash) : ".",
                      .name = has_folder ? path.substr(slash + 1) : path};
    if (result.folder.empty()) result.folder = "/";
    if (result.name.empty()) {
        return Error{Errc::invalid, path + " names no file: add a name after the last slash"};
    }
    return result;
}

std::string SocketPath::joined() const {
    if (folder == ".") return name;
    return folder == "/" ? "/" + name : folder + "/" + name;
}

Result<os::Address> reach(const SocketPath& path, const os::Directory& folder) {
    const std::string whole = path.joined();
    if (whole.size() <= os::Address::unix_bytes_max) return os::Address::path(whole);
    return os::Address::path(folder.short_path(path.name));
}

Result<void> refuse_live_owner(const os::Address& address, const std::string& shown) {
    MYCELIUM_TRY_ASSIGN(const os::Fd probe, os::open_stream_socket(address));
    switch (const int error = os::connect_socket(probe.get(), address); error) {
        case 0: {
            const os::Peer owner = os::peer_of(probe.get());
            Error refused =
                in_use(shown, owner.pid ? os::describe_process(*owner.pid) : "another process");
            if (!owner.uid || *owner.uid == os::effective_user()) return refused;
            return Error{
                Errc::denied,
                refused.message() + " (it is held by uid " + std::to_string(*owner.uid) + ")",
                EADDRINUSE};
        }
        case EAGAIN:
            return in_use(shown, "a process that does not answer");
        case EPROTOTYPE:
            return in_use(shown, "a socket of another kind");
        case ECONNREFUSED:
        case ENOENT:
            return {};
        default:
            return os::error_from(error, shown);
    }
}

Result<SocketFile> SocketFile::bind(const std::string& text) {
    MYCELIUM_TRY_ASSIGN(SocketPath path, SocketPath::split(text));
    MYCELIUM_TRY_ASSIGN(os::Directory folder, os::Directory::open(path.folder));
    MYCELIUM_TRY_ASSIGN(const os::Address address, reach(path, folder));
    MYCELIUM_TRY_ASSIGN(os::Fd socket, os::open_stream_socket(address));
    if (auto locked = folder.lock(lock_patience); !locked) {
        return std::move(locked).error().context("the directory " + path.folder);
    }
    auto facts = take_place(path, folder, socket.get());
    folder.unlock();
    if (!facts) return std::move(facts).error();
    return SocketFile{std::move(path), std::move(folder), std::move(socket), *facts};
}

SocketFile::~SocketFile() {
    // Moved from, or in a forked child: the file is another's. A folder that stays locked keeps a
    // stale file, which the next one takes over.
    if (!socket_ || !folder_.lock(lock_patience)) return;
    const auto there = folder_.look(path_.name);
    if (there && *there == facts_) folder_.unlink(path_.name);
    folder_.unlock();
}

}  // namespace mycelium::stream
