// SocketFile: a listening socket and its file, made, taken over and removed without a race.
#pragma once

#include <string>

#include <mycelium/result.h>

#include "host/os/address.h"
#include "host/os/fd.h"
#include "host/os/file.h"

namespace mycelium::stream {

/// Where a socket file is: the folder and its name there.
struct SocketPath {
    std::string folder;
    std::string name;
    /// invalid: the path ends in a slash.
    static Result<SocketPath> split(const std::string& path);
    std::string joined() const;
};

/// The address by which to reach the file: the path itself, or if that is too long, one through the
/// open folder.
Result<os::Address> reach(const SocketPath& path, const os::Directory& folder);

/// Knocks: refuses when somebody listens there, with the owner's pid; ok when nobody does.
Result<void> refuse_live_owner(const os::Address& address, const std::string& shown);

/// A bound file. The destructor removes it if it is still this one.
class SocketFile {
public:
    static Result<SocketFile> bind(const std::string& path);
    SocketFile(SocketFile&&) noexcept = default;
    SocketFile& operator=(SocketFile&&) = delete;
    ~SocketFile();

    int fd() const noexcept { return socket_.get(); }

private:
    SocketFile(SocketPath path, os::Directory folder, os::Fd socket, os::FileFacts facts)
        : path_(std::move(path)),
          folder_(std::move(folder)),
          socket_(std::move(socket)),
          facts_(facts) {}

    SocketPath path_;
    os::Directory folder_;
    os::Fd
        socket_;  // while it is open the kernel keeps the file's inode number from being given away
    os::FileFacts facts_;
};

}  // namespace mycelium::stream
