// Screen: what is shown on standard output while the job runs, and how often.
#pragma once

#include <cstdint>
#include <string_view>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "frame.h"
#include "tally.h"
#include "view.h"

namespace trading {

/// In a terminal a table that is redrawn in place, else a line a second. One thread.
class Screen {
public:
    explicit Screen(bool is_quiet);
    mycelium::Instant next() const noexcept { return next_; }

    /// If it is time. Rates and seconds of `around` are filled in here.
    void draw(const Tally& tally, Surroundings around);
    bool is_quiet() const noexcept { return mode_ == Mode::quiet; }
    /// A table stands there.
    bool has_table() const noexcept { return frame_.lines() != 0; }
    /// Nobody reads any more, or nothing can be written.
    bool is_broken() const noexcept { return is_broken_; }

private:
    enum class Mode { quiet, lines, terminal };
    void put(std::string_view text);
    mycelium::Duration interval() const;
    Rates rates_since_last(const Tally& tally, mycelium::Instant now);

    Mode mode_;
    bool has_colours_;
    bool is_broken_ = false;
    mycelium::Instant began_;
    mycelium::Instant drawn_;
    mycelium::Instant next_;
    Frame frame_;
    std::uint64_t trades_ = 0;
    std::uint64_t swaps_ = 0;
    std::uint64_t signals_ = 0;
    std::uint64_t fills_ = 0;
};

}  // namespace trading
