// Text as man(1) reads it: the escapes and macros of man(7).
#pragma once

#include <string>
#include <string_view>

namespace mycelium::cli::roff {

/// Text that stands in a line of its own or within one, and shows as it is written. Characters
/// beyond ASCII are named by number; bytes that are no UTF-8 become question marks.
std::string escaped(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);
/// A macro with one argument that may have spaces: `.SH "SEE ALSO"`.
std::string macro(std::string_view name, std::string_view argument);

}  // namespace mycelium::cli::roff
