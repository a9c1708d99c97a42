// What was accepted can be written, and is then accepted again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/wire/fast_message.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = mycelium::wire::decode_fast_message(std::as_bytes(std::span{data, size}));
    if (!message) return 0;
    if (!mycelium::wire::decode_fast_message(mycelium::wire::encode_fast_message(*message)))
        std::abort();
    mycelium::fuzz::planted(data, size);
    return 0;
}
