// Gathering: when a reader does better to stay away for a moment before it looks.
#pragma once

#include <algorithm>
#include <cstddef>

namespace mycelium::fabric {

/// Who looks at a line while it is being written takes it from the writer each time. In a stream a
/// reader that stays away for a microsecond finds many messages at once, and both are quicker. That
/// it is a stream shows when messages come within a few looks, several times in a row, and when
/// staying away then brings more than one. Where it does not, it is tried less and less often: an
/// answer that is merely quick shall not wait. One thread at a time.
class Gathering {
public:
    static constexpr int pauses_max = 64;  ///< some 2 µs

    /// Nothing is there: for how many pauses to stay away before the first look.
    int pauses() noexcept {
        stays_away_ = quick_finds_ >= finds_needed_;
        return stays_away_ ? pauses_ : 0;
    }
    /// The wait ended after so many looks; those behind the first few pauses count alike.
    void found_after(int looks) noexcept {
        if (!stays_away_) quick_finds_ = looks < quick_looks ? quick_finds_ + 1 : 0;
    }
    void found_nothing() noexcept {
        quick_finds_ = 0;
        stays_away_ = false;
    }
    /// What was there when it was taken out.
    void came(std::size_t messages) noexcept {
        if (!stays_away_) return;
        stays_away_ = false;
        if (messages > 1) {
            pauses_ = std::min(2 * pauses_, pauses_max);
            finds_needed_ = finds_needed_min;
            return;
        }
        quick_finds_ = 0;
        pauses_ = pauses_min;
        finds_needed_ = std::min(2 * finds_needed_, finds_needed_max);
    }

private:
    static constexpr int quick_looks = 8;
    static constexpr int pauses_min = 16;
    static constexpr int finds_needed_min = 3;
    static constexpr int finds_needed_max = 3 << 9;
    int quick_finds_ = 0;  // in a row
    int finds_needed_ = finds_needed_min;
    int pauses_ = pauses_min;
    bool stays_away_ = false;
};

}  // namespace mycelium::fabric
