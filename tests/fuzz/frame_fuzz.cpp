// A stream of any bytes, cut into messages; the first byte decides in which portions it arrives.
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/wire/frame.h"
#include "planted.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t portion = std::size_t{data[0]} + 1;
    const std::span stream = std::as_bytes(std::span{data, size}).subspan(1);
    mycelium::wire::FrameReader reader{4096};
    std::span<const std::byte> rest = stream.first(0);
    std::size_t taken = 0;
    bool is_accepted = false;
    for (std::size_t end = 0; end < stream.size();) {
        end = stream.size() - end < portion ? stream.size() : end + portion;
        rest = stream.subspan(taken, end - taken);
        for (;;) {
            const auto frame = reader.next(rest);
            if (!frame) return 0;
            if (!*frame) break;
            is_accepted = true;
        }
        taken = end - rest.size();
    }
    if (is_accepted) mycelium::fuzz::planted(data, size);
    return 0;
}
