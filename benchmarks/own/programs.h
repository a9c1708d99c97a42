// The programs that some rows are measured with.
#pragma once

#include <string>

namespace mycelium::bench {

/// Paths. Empty: there is none, and its rows are not measured.
struct Programs {
    std::string command;  ///< mycelium
    std::string trading;  ///< mycelium-trading, the example's pipeline
};

/// This program, if it is the command, and what lies beside it.
Programs programs_here();

}  // namespace mycelium::bench
