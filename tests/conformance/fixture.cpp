#include "fixture.h"

#include <unistd.h>

#include <atomic>

namespace mycelium::conformance {

std::string unique_name() {
    static std::atomic<unsigned> next{0};
    return std::to_string(::getpid()) + "-" + std::to_string(next.fetch_add(1));
}

}  // namespace mycelium::conformance
