// Standard output, and what can go wrong with it.
#pragma once

#include <string_view>

#include <mycelium/result.h>

namespace trading {

/// Gives each of the three standard descriptors that the program was started without one that
/// cannot be used, so that no socket gets its number and their text. First of all in main.
void reserve_standard_descriptors() noexcept;

/// Writes all of it; waits if it must. False: nobody reads any more, which is no error. Errors:
/// invalid ("standard output: No space left on device").
mycelium::Result<bool> write_output(std::string_view text);

}  // namespace trading
