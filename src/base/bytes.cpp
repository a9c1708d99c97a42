#include <mycelium/bytes.h>

#include "base/copy.h"

namespace mycelium {

Bytes Bytes::copy_of(std::span<const std::byte> source) {
    if (source.empty()) return {};
    std::shared_ptr<std::byte[]> memory =
        std::make_shared_for_overwrite<std::byte[]>(source.size());
    base::copy(memory.get(), source.data(), source.size());
    const std::span<const std::byte> view{memory.get(), source.size()};
    return {view, std::move(memory)};
}

}  // namespace mycelium
