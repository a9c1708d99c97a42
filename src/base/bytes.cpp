#include <mycelium/bytes.h>

#include "base/copy.h"

namespace mycelium {

Bytes Bytes::copy_of(std::span<const std::byte> source) {
    if (source.empty()) return {};
    const std::shared_ptr<std::byte[]> memory =
        std::make_shared_for_overwrite<std::byte[]>(source.size());
    base::copy(memory.get(), source.data(), source.size());
    return {std::span<const std::byte>{memory.get(), source.size()}, memory};
}

}  // namespace mycelium
