// The table that top shows: a line per link, the busiest first.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/cli/looking.h"

namespace mycelium::cli {

/// Without newlines. The first line sums up, the second names the columns; none is longer than
/// `columns` characters, and there are `rows` at most.
std::vector<std::string> top_lines(const Look& before, const Look& now, std::size_t columns,
                                   std::size_t rows);

}  // namespace mycelium::cli
