// The bench verb: what messages cost here, with Mycelium and on the bare machine, measured in the
// same run.
#pragma once

#include <cstddef>
#include <string>

namespace mycelium::cli {

struct BenchOptions {
    std::size_t rounds = 0;  ///< --rounds: the bare machine and Mycelium in turn, so many times; 0:
                             ///< five, of --scaling three
    double seconds = 0.3;    ///< --seconds of one measurement, after a warm-up of a quarter of it
    std::string rows;   ///< --rows: only rows whose name contains one of these words (comma between
                        ///< them); empty: all
    bool json = false;  ///< --json: one object instead of the table
    bool wide = false;  ///< --wide: a table of 160 columns
    bool is_short = false;  ///< --short: two rounds of 0.1 s, in less than a minute
    bool list = false;      ///< --list: only the names of the rows
    bool scaling = false;   ///< --scaling: curves instead of rows
};

/// Results to stdout, progress to stderr. Returns the exit status: 1 if a message was lost or
/// wrong, or a measurement failed or hung; 2 if no row has such a name. The process must have no
/// other thread.
int run_bench(const BenchOptions& options);

}  // namespace mycelium::cli
