#include "lies.h"

#include <numeric>

namespace mycelium::attack {

namespace {

constexpr std::array<const char*, lie_count> names{"honest acts",
                                                   "head",
                                                   "step of head",
                                                   "count of released",
                                                   "released ticket",
                                                   "settled",
                                                   "dropped",
                                                   "sleep word",
                                                   "slot",
                                                   "header of subscription",
                                                   "reachable",
                                                   "word of log",
                                                   "commit word ahead",
                                                   "own head",
                                                   "own slot",
                                                   "own drops",
                                                   "move of head",
                                                   "own sleep words",
                                                   "own header",
                                                   "chunk under reader",
                                                   "segment",
                                                   "own ring",
                                                   "reference",
                                                   "flags of record",
                                                   "head of record",
                                                   "second attach",
                                                   "segment without memory",
                                                   "noise",
                                                   "foreign descriptors",
                                                   "data frame",
                                                   "acknowledgement",
                                                   "unmap",
                                                   "port",
                                                   "bells"};

}  // namespace

std::uint64_t Lies::total() const noexcept {
    return std::accumulate(told_.begin() + 1, told_.end(), std::uint64_t{0});
}

std::string Lies::text() const {
    std::string text;
    for (std::size_t i = 0; i < lie_count; ++i)
        if (told_[i] != 0)
            text +=
                (text.empty() ? "" : ", ") + std::string{names[i]} + " " + std::to_string(told_[i]);
    return text;
}

std::string Lies::missing(wire::Pattern role) const {
    std::string text;
    for (std::size_t i = 1; i < lie_count; ++i) {
        const auto lie = static_cast<Lie>(i);
        if (lie <= Lie::reachable && role == wire::Pattern::publisher) continue;
        if (lie > Lie::reachable && lie <= Lie::head_of_record && role == wire::Pattern::subscriber)
            continue;
        if (told_[i] == 0) text += std::string{names[i]} + "; ";
    }
    return text;
}

}  // namespace mycelium::attack
