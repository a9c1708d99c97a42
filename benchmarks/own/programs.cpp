#include "benchmarks/own/programs.h"

#include <unistd.h>
#include <filesystem>
#include <system_error>

namespace mycelium::bench {

Programs programs_here() {
    Programs programs;
    std::error_code error;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error || own.filename() != "mycelium") return programs;
    programs.command = own.string();
    const auto trading = own.parent_path() / "mycelium-trading";
    if (::access(trading.c_str(), X_OK) == 0) programs.trading = trading.string();
    return programs;
}

}  // namespace mycelium::bench
