// Errors on the wire: {code, message, data}. Format: docs/formats/control.md, "Errors".
#pragma once

#include <cstdint>

#include <mycelium/msgpack.h>
#include <mycelium/result.h>

#include "core/wire/fast_message.h"

namespace mycelium::wire {

/// The library's own errors have the codes from here down: error_code_base - number of the Errc.
/// All other codes belong to applications.
inline constexpr std::int64_t error_code_base = -32100;

/// `failed` gives its detail (the application's code), every other Errc a code of the library's.
std::int64_t error_code_of(const Error& error) noexcept;
FastMessage::ErrorInfo error_info_of(const Error& error);
/// The inverse: an application's code becomes `failed` with the code as detail.
Error error_of(const FastMessage::ErrorInfo& info);

/// One map {code, message, data} in MessagePack. Data that is not one encoded value is left out,
/// the message is made valid UTF-8 of at most error_text_bytes_max.
void write_error_info(msgpack::Builder& out, const FastMessage::ErrorInfo& info);
/// The inverse, from where the reader stands; false: the reader knows why.
bool read_error_info(msgpack::Reader& in, FastMessage::ErrorInfo& info);

}  // namespace mycelium::wire
