#include "types.h"

#include <mutex>

namespace mycelium::conformance {

Bytes pattern_of(std::size_t size) {
    static std::mutex mutex;
    static std::map<std::size_t, Bytes> made;
    const std::lock_guard guard{mutex};
    Bytes& pattern = made[size];
    if (pattern.size() != size) {
        const auto memory = std::make_shared<std::vector<std::byte>>(size);
        for (std::size_t i = 0; i < size; ++i)
            (*memory)[i] = static_cast<std::byte>(i * 167 >> (i % 3));
        pattern = {*memory, memory};
    }
    return pattern;
}

}  // namespace mycelium::conformance
