// MessagePack as JSON and back, of any type.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/msgpack.h>
#include <mycelium/result.h>

#include "core/codec/json_document.h"
#include "core/codec/json_writer.h"

namespace mycelium::codec {

/// One value, and nothing after it, as one line of JSON. Binaries become base64 strings, integer
/// keys decimal text. `unsupported`: extensions, keys of other kinds, NaN, infinity, text that is
/// not UTF-8.
Result<std::string> json_of_msgpack(std::span<const std::byte> bytes);
/// The next value of `in`. False: `in` or `out` has failed.
bool write_msgpack(msgpack::Reader& in, JsonWriter& out);

/// Integers stay integers, other numbers become doubles, strings stay strings: base64 is not
/// undone.
Result<std::vector<std::byte>> msgpack_of_json(std::string_view json);
void write_json(const JsonValue& value, msgpack::Builder& out);

}  // namespace mycelium::codec
