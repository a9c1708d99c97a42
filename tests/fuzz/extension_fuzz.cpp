// What was accepted can be written and comes back the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <mycelium/limits.h>

#include "core/wire/extension.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::size_t block_size = 0;
    const auto call =
        mycelium::wire::decode_extension(std::as_bytes(std::span{data, size}), block_size);
    if (!call) return 0;
    if (block_size > size) std::abort();
    std::array<std::byte, mycelium::limits::extension_bytes_max> block;
    const std::size_t written = mycelium::wire::encode_extension(call->call, call->origin, block);
    const auto again =
        mycelium::wire::decode_extension(std::span{block}.first(written), block_size);
    if (!again || again->call.kind != call->call.kind || again->origin != call->origin)
        std::abort();
    mycelium::fuzz::planted(data, size);
    return 0;
}
