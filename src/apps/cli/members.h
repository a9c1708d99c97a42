// Names in JSON that a described type does not have: the codec skips them, a person who mistyped
// one wants to know.
#pragma once

#include <span>
#include <string_view>

#include <mycelium/result.h>

namespace mycelium::cli {

/// A member that JSON may have beside those of its type.
struct ExtraMember {
    std::string_view type;
    std::string_view name;
};

/// `malformed` names the first member, in JSON of the described type, that the type does not have:
/// "'tlvs[0].typ': there is no such member (did you mean type?)". Kinds and ranges are left to the
/// codec.
Result<void> check_members(std::string_view json, std::string_view description,
                           std::span<const ExtraMember> extras = {});

}  // namespace mycelium::cli
