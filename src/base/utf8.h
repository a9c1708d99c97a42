// UTF-8: text of anybody's as text that every reader accepts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mycelium::base {

/// The text with each byte that is not part of a valid character (RFC 3629) replaced by U+FFFD, cut
/// after the last whole character within `bytes_max` bytes.
std::string valid_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace mycelium::base
