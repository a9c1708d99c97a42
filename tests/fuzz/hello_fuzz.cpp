// What was accepted can be written, is then accepted again, and is compatible or not without harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/wire/hello.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto hello = mycelium::wire::decode_hello(std::as_bytes(std::span{data, size}));
    if (!hello) return 0;
    auto again = mycelium::wire::decode_hello(mycelium::wire::encode_hello(*hello));
    if (!again) std::abort();
    again->pattern = mycelium::wire::counterpart(hello->pattern);
    again->type.fingerprint ^= 1;
    static_cast<void>(mycelium::wire::compatible(*hello, *again));
    mycelium::fuzz::planted(data, size);
    return 0;
}
