// Which user this process is.
#pragma once

#include <sys/types.h>

namespace mycelium::os {

uid_t effective_user() noexcept;
pid_t process_id() noexcept;

}  // namespace mycelium::os
