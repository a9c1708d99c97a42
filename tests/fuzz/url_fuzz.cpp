// What was accepted is written to text that parses to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <mycelium/url.h>

#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto url = mycelium::Url::parse({reinterpret_cast<const char*>(data), size});
    if (!url) return 0;
    // Escapes may outgrow url_bytes_max: 4096 control characters become 12288 characters.
    const std::string text = url->to_string();
    const auto again = mycelium::Url::parse(text);
    if (again ? *again != *url : text.size() <= size) std::abort();
    mycelium::fuzz::planted(data, size);
    return 0;
}
