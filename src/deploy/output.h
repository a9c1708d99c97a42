// Output: what services write, as lines with their names, and what is said about them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "deploy/line_writer.h"

namespace mycelium::deploy {

struct OutputOptions {
    std::string speaker = "mycelium up";  ///< who says what is said
    std::vector<std::string> services;    ///< their names, for the width of the column
    std::string logs;                     ///< a folder that is there; empty: no files
    std::uint64_t log_bytes_max = std::uint64_t{16} << 20;
    bool has_colours = false;
};

/// Lines go to standard output (and to a file for each service), what is said to standard error.
/// Whoever offers never waits: one thread offers, others write.
class Output {
public:
    /// `on_room` is called, by any thread, after is_full() was true. Errors: overloaded.
    static Result<std::unique_ptr<Output>> create(const OutputOptions& options,
                                                  const std::function<void()>& on_room);
    ~Output();

    /// One line of a service's, which is numbered as in the options; without its newline.
    void line(std::size_t service, std::string_view text);
    /// "mycelium up: text", and "mycelium up: strategy: text".
    void say(std::string_view text);
    void say(std::size_t service, std::string_view text);
    /// Services should not be read from until on_room.
    bool is_full();
    /// Says what was lost since it was last said, if anything.
    void say_losses();
    /// Waits until all is written, a second at most.
    void finish();

private:
    explicit Output(const OutputOptions& options);
    void say_loss(LineWriter& writer, bool is_logs);

    OutputOptions options_;
    std::vector<std::string> margins_;  // "strategy  | "
    std::unique_ptr<LineWriter> lines_, words_, logs_;
};

}  // namespace mycelium::deploy
