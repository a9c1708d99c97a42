// What a reader accepts it can skip, and what decodes can be encoded and comes back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/codec/json.h"
#include "core/codec/types_for_tests.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using mycelium::for_tests::Kinds;
    const auto bytes = std::as_bytes(std::span{data, size});
    mycelium::msgpack::Reader reader{bytes};
    const bool is_value = reader.skip() && reader.end();
    if (mycelium::codec::json_of_msgpack(bytes) && !is_value) std::abort();
    if (const auto value = mycelium::decode<Kinds>(bytes)) {
        if (!is_value) std::abort();
        const auto once = mycelium::encode(*value);
        if (!once) std::abort();
        const auto again = mycelium::decode<Kinds>(once->span());
        if (!again) std::abort();
        const auto twice = mycelium::encode(*again);
        if (!twice || once->size() != twice->size()) std::abort();
    }
    if (is_value) mycelium::fuzz::planted(data, size);
    return 0;
}
