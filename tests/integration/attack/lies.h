// Lies: what a liar can tell, and how often it has told it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/wire/hello.h"

namespace mycelium::attack {

/// What a lie is about.
enum class Lie : std::uint8_t {
    none,  ///< nothing that an honest peer would not do
    // Of who reads, in the subscription of the port:
    head,
    step_of_head,
    count_of_released,
    released_ticket,
    settled,
    dropped,
    sleep_word,
    slot,
    header_of_subscription,
    reachable,
    // Of who writes, in what it shares itself:
    word_of_log,
    commit_word_ahead,
    own_head,
    own_slot,
    own_drops,
    move_of_head,
    own_sleep_words,
    own_header,
    chunk_under_reader,
    segment,
    own_ring,
    reference,
    flags_of_record,
    head_of_record,
    // On the socket:
    second_attach,
    segment_without_memory,
    noise,
    foreign_descriptors,
    data_frame,
    acknowledgement,
    unmap,
    port,
    bells,
};
inline constexpr std::size_t lie_count = static_cast<std::size_t>(Lie::bells) + 1;

/// How many of each were told.
class Lies {
public:
    void add(Lie lie) noexcept { ++told_[static_cast<std::size_t>(lie)]; }
    std::uint64_t of(Lie lie) const noexcept { return told_[static_cast<std::size_t>(lie)]; }
    std::uint64_t total() const noexcept;
    /// "head 12, ..."
    std::string text() const;
    /// What a liar of that role tells, but never told.
    std::string missing(wire::Pattern role) const;

private:
    std::array<std::uint64_t, lie_count> told_{};
};

}  // namespace mycelium::attack
