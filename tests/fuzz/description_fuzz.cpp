// A description from a peer, up to a zero byte, and a message described by it: whatever parses is
// safe to walk, agrees with itself, and JSON made by it makes bytes again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "core/codec/description.h"
#include "core/codec/types_for_tests.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace codec = mycelium::codec;
    const auto* const end = std::find(data, data + size, std::uint8_t{0});
    const std::string text{data, end};
    const auto* const rest = end == data + size ? end : end + 1;
    const auto message = std::as_bytes(std::span{rest, data + size});
    const auto ours = mycelium::schema_of<mycelium::for_tests::Kinds>().description;
    (void)codec::compatible_descriptions(ours, text);
    if (!codec::check_description(text)) return 0;
    if (!codec::compatible_descriptions(text, text)) std::abort();
    if (const auto json = codec::json_from_bytes(text, message)) {
        // Large FLAT values are refused in this direction only.
        const auto bytes = codec::bytes_from_json(text, *json);
        if (!bytes && !(bytes.error() == mycelium::Errc::overloaded)) std::abort();
        // The message may have had its fields in another order and nil for absent ones.
        if (bytes) {
            const auto again = codec::json_from_bytes(text, *bytes).value();
            if (codec::bytes_from_json(text, again).value() != *bytes) std::abort();
        }
    }
    (void)codec::bytes_from_json(text, {reinterpret_cast<const char*>(rest), message.size()});
    mycelium::fuzz::planted(data, size);
    return 0;
}
