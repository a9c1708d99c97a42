#include <mycelium/codec.h>

#include "base/copy.h"

namespace mycelium::codec {

void copy_message(std::byte* to, const void* from, std::size_t size) noexcept {
    base::copy(to, static_cast<const std::byte*>(from), size);
}

Error wrong_size_error(std::string_view type, std::size_t expected, std::size_t found) {
    return {Errc::malformed, std::string{type} + " has " + std::to_string(expected) +
                                 " bytes, the message " + std::to_string(found)};
}

Error invalid_member_error(const char* member) {
    return {Errc::malformed,
            std::string{"member '"} + member + "': a boolean that is neither 0 nor 1"};
}

}  // namespace mycelium::codec
