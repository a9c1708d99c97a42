// unix:///path and unix://@name: processes of one machine.
#pragma once

#include <memory>

#include <mycelium/ext/stream.h>

namespace mycelium {

/// Socket files are made with mode 0600, stale ones are taken over, live ones refused with their
/// owner's pid.
std::shared_ptr<StreamTransport> unix_streams();

}  // namespace mycelium
