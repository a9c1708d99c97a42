#include "host/os/user.h"

#include <unistd.h>

namespace mycelium::os {

uid_t effective_user() noexcept { return ::geteuid(); }
pid_t process_id() noexcept { return ::getpid(); }

}  // namespace mycelium::os
