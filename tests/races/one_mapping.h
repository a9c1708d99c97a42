// One mapping: memory that both ends of a link map is mapped once in this program.
#pragma once

#include <cstddef>

namespace mycelium::testing_support {

/// How often somebody was given a mapping that there was.
std::size_t shared_mappings();

}  // namespace mycelium::testing_support
