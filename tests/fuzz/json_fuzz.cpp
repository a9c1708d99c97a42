// What parses can be written and parses again to the same text; the scanner finds no fault in it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/codec/json.h"
#include "core/codec/json_scan.h"
#include "core/codec/types_for_tests.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    (void)mycelium::from_json<mycelium::for_tests::Kinds>(text);
    (void)mycelium::from_json<mycelium::for_tests::Everything>(text);
    const auto fault = mycelium::codec::find_json_fault(text, mycelium::limits::codec_depth_max);
    const auto document = mycelium::codec::JsonDocument::parse(text);
    if (!document) return 0;
    if (!fault.reason.empty()) std::abort();
    const std::string written = document->root().to_text();
    const auto again = mycelium::codec::JsonDocument::parse(written);
    if (!again || again->root().to_text() != written) std::abort();
    if (!mycelium::codec::msgpack_of_json(text)) std::abort();
    mycelium::fuzz::planted(data, size);
    return 0;
}
