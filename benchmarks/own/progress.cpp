#include "benchmarks/own/progress.h"

#include <cstdio>

#include <unistd.h>

namespace mycelium::bench {

namespace {
constexpr const char* begin_anew = "\r\033[K";
}

Progress::Progress() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { show(""); }

void Progress::show(std::string_view text) {
    if (!is_terminal_) return;
    std::fprintf(stderr, "%s%.*s", begin_anew, static_cast<int>(text.size()), text.data());
    std::fflush(stderr);
}

}  // namespace mycelium::bench
