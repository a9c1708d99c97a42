// Frame: a text drawn again and again at the same place of a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace trading {

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;

    friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

/// Knows how many lines stand in the terminal from the last time. Nobody else may write to it in
/// between. One thread at a time.
class Frame {
public:
    /// What to send so that `text`, lines ending in newlines, stands where the last one did. Lines
    /// are cut to one column less than there are, so that none is ever wrapped; after a change of
    /// the size the screen is cleared. None: there are too few rows, and nothing is to be redrawn.
    std::optional<std::string> redraw(std::string_view text, TerminalSize size);
    /// Lines of the last one that stand above the cursor.
    std::size_t lines() const noexcept { return lines_; }

private:
    TerminalSize size_;
    std::size_t lines_ = 0;
};

}  // namespace trading
