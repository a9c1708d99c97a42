// Log: the warnings of one node, line by line, to whom the user named or to stderr.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include <mycelium/time.h>

namespace mycelium::base {

/// Owned by a node, usable from any thread. A line that repeats within `repeat_interval` is written
/// once and counted; the next one that is written says how many were left out. The sink is called
/// without a lock held, and what it throws is swallowed: a faulty log must not end a link.
class Log {
public:
    using Sink = std::function<void(std::string_view line)>;

    static constexpr Duration repeat_interval = std::chrono::seconds{10};
    static constexpr std::size_t line_bytes_max = 1024;  ///< longer ones are cut
    static constexpr std::size_t lines_remembered_max = 64;

    /// An empty sink: stderr, as "mycelium: warning: …".
    explicit Log(Sink sink = {});

    /// `now` is the caller's clock. Control characters (a peer may have sent the text) are written
    /// as '?'.
    void warn(Instant now, std::string_view line) noexcept;

private:
    struct Remembered {
        std::string line;
        Instant written{};
        std::uint64_t left_out = 0;
    };
    struct Verdict {
        bool is_written = true;
        std::uint64_t left_out = 0;
    };

    Verdict judge(Instant now, const std::string& line);

    Sink sink_;
    std::mutex mutex_;
    std::array<Remembered, lines_remembered_max> remembered_;  // guarded by mutex_
    std::size_t remembered_count_ = 0;                         // guarded by mutex_
};

}  // namespace mycelium::base
