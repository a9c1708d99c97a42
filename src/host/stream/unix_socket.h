// Unix sockets by abstract name and by file: bound, and connected to. Nothing here blocks.
#pragma once

#include <string>

#include <mycelium/result.h>

#include "host/os/fd.h"

namespace mycelium::stream {

/// A listening socket of that name; `shown` stands for it in errors. unavailable: in use, by whom;
/// denied: by another user's process.
Result<os::Fd> bind_abstract(const std::string& name, const std::string& shown);
/// A connecting socket. unavailable: nobody is there.
Result<os::Fd> connect_abstract(const std::string& name, const std::string& shown);
Result<os::Fd> connect_file(const std::string& path);

}  // namespace mycelium::stream
