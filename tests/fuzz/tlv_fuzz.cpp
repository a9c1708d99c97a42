// The TLVs of a payload lie within it, in order, and written again they read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include <mycelium/tlv.h>

#include "core/codec/types_for_tests.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto payload = std::as_bytes(std::span{data, size});
    (void)mycelium::decode<mycelium::tlv::Trade>(payload);
    (void)mycelium::decode<mycelium::for_tests::Swap>(payload);
    mycelium::tlv::Reader reader{payload};
    mycelium::tlv::Writer writer;
    std::size_t count = 0;
    for (;; ++count) {
        const auto next = reader.next();
        if (!next) return 0;
        if (!*next) break;
        const auto value = (*next)->value;
        const bool is_inside =
            value.empty() ||
            (value.data() > payload.data() && value.data() + value.size() <= payload.data() + size);
        if (!is_inside || (*next)->position >= size) std::abort();
        if (!writer.add((*next)->type, value)) std::abort();
    }
    mycelium::tlv::Reader again{writer.payload()};
    for (; count > 0; --count)
        if (const auto next = again.next(); !next || !*next) std::abort();
    mycelium::fuzz::planted(data, size);
    return 0;
}
