// An errno as an Error.
#pragma once

#include <string>

#include <mycelium/result.h>

namespace mycelium::os {

/// What the caller can do about `error_number`.
Errc code_of(int error_number) noexcept;
/// What the system calls it: "No such file or directory".
std::string error_text(int error_number);
/// "what: reason", with a remedy where one is known, and the errno as detail.
Error error_from(int error_number, std::string what);
/// What every call answers in a forked child.
Error forked();

}  // namespace mycelium::os
