// Where the ends of shm://name meet: a socket that passes descriptors.
#pragma once

#include <memory>

#include <mycelium/ext/stream.h>

namespace mycelium {

/// An abstract socket with the user's number and the name in its name; or, where
/// MYCELIUM_RUNTIME_DIR names a folder, a socket file there.
std::shared_ptr<StreamTransport> shm_streams();

}  // namespace mycelium
