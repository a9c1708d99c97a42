// LineWriter: a thread that writes lines wherever writing may block, so that nobody else waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "host/os/thread.h"

namespace mycelium::deploy {

/// Keeps at most bytes_max; what does not fit, or cannot be written, is counted. Offered to by one
/// thread. A writer that is stuck at the end is left alone with what it holds.
class LineWriter {
public:
    /// Beyond it is_full() asks for a pause; beyond the double, lines are dropped.
    static constexpr std::size_t bytes_max = std::size_t{1} << 20;

    /// Writes text that consists of whole lines to one of several places; an errno, 0: done. It is
    /// called by the writer's thread, and must not refer to anything that may go before the process
    /// does.
    using Write = std::function<int(std::size_t place, std::string_view lines)>;
    /// Called by the writer's thread when there is room again after is_full() was true. It must
    /// neither wait nor call the writer; it is not called any more once the writer is destroyed.
    using OnRoom = std::function<void()>;
    static Result<std::unique_ptr<LineWriter>> start(std::string name, Write write, OnRoom on_room);
    ~LineWriter();

    /// `line` ends in a newline.
    void offer(std::size_t place, std::string_view line);
    bool is_full();

    /// What was not written since the last call, and why last; an errno, 0: for want of room.
    struct Loss {
        std::uint64_t lines = 0;
        std::size_t place = 0;  ///< of the last one
        int error = 0;
    };
    Loss take_loss();
    /// Waits until all is written. False: not before `deadline`.
    bool finish(Instant deadline);

private:
    struct State;
    explicit LineWriter(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
    os::Thread thread_;
};

}  // namespace mycelium::deploy
