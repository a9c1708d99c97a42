// Random numbers from the kernel.
#pragma once

#include <cstdint>

namespace mycelium::os {

std::uint64_t random_number() noexcept;

}  // namespace mycelium::os
