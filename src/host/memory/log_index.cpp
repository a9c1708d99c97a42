#include "host/memory/log_index.h"

#include <algorithm>
#include <bit>

namespace mycelium::memory {

namespace {

constexpr std::uint64_t entries_min = 256;

}  // namespace

void LogIndex::reserve(std::size_t more) {
    const std::uint64_t wanted = next_ - first_ + more;
    if (wanted <= entries_.size()) return;
    std::vector<Entry> larger(std::bit_ceil(std::max(wanted + 1, entries_min)));
    for (std::uint64_t at = first_; at < next_; ++at)
        larger[at & (larger.size() - 1)] = entries_[at & mask()];
    entries_.swap(larger);
}

}  // namespace mycelium::memory
