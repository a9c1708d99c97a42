#include "benchmarks/own/text.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace mycelium::bench {

void print(std::string& out, const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size > 0) out.append(line, std::min(static_cast<std::size_t>(size), sizeof line - 1));
}

}  // namespace mycelium::bench
