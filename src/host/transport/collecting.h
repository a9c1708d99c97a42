// Collecting: how often a publisher looks for chunks that its readers have let go of.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mycelium::transport {

/// Each look takes two lines from the core of the reader, who is about to write there again: as
/// dear as all else that a loan costs. In a stream of loans most looks are left out, and the next
/// one finds many chunks at once. Only there: where everything has come back by the time of the
/// next loan, as in a ping-pong, and where somebody fills what he is lent, few chunks that stay in
/// the cache are worth more. One thread at a time.
class Collecting {
public:
    /// Behind a loan that was published: is it time for a look?
    bool is_due() noexcept {
        ++loans_;
        if (left_out_ == 0) return true;
        --left_out_;
        return false;
    }
    /// There was a look, at that time. 0: all but that loan has come back, or nobody counts ticks.
    void looked(std::uint64_t ticks) noexcept {
        const bool is_stream = ticks != 0 && ticks - looked_at_ < loans_ * ticks_of_a_stream;
        left_out_ = is_stream ? looks_left_out : 0;
        looked_at_ = ticks;
        loans_ = 0;
    }

    static constexpr std::uint32_t looks_left_out = 15;  ///< in a row: so many chunks more are out

private:
    static constexpr std::uint64_t ticks_of_a_stream = 1500;  // a loan: half a µs or so

    std::uint32_t left_out_ = 0;   // looks that are still to be
    std::uint32_t loans_ = 0;      // since the last look
    std::uint64_t looked_at_ = 0;  // in ticks
};

}  // namespace mycelium::transport
