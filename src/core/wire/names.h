// The enumerators of a hello as they are written, and back. Unknown names have no value.
#pragma once

#include <optional>
#include <string_view>

#include <mycelium/ext/ports.h>
#include <mycelium/schema.h>

#include "core/codec/type_table.h"
#include "core/wire/hello.h"

namespace mycelium::wire {

using codec::name_of;
using mycelium::name_of;

std::optional<Form> form_named(std::string_view name) noexcept;
std::optional<Pattern> pattern_named(std::string_view name) noexcept;
std::optional<SlowReader> slow_reader_named(std::string_view name) noexcept;

}  // namespace mycelium::wire
