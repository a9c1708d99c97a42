// The transports that a node ships with, as the suite sees them.
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "transport_under_test.h"

namespace mycelium::conformance {
namespace {

/// A directory of this process's own for its socket files, removed when it ends.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern =
            std::filesystem::temp_directory_path() / "mycelium-conformance-XXXXXX";
        if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        if (owner_ == ::getpid()) std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
    pid_t owner_ = ::getpid();
};

std::string unix_url(std::string_view unique) {
    static const TemporaryDirectory directory;
    return "unix://" + directory.path() + "/" + std::string{unique};
}

/// An address of the loopback net that belongs to this process, so that two test programs never
/// want the same place.
std::string tcp_url(std::string_view) {
    static int next = 0;
    const int pid = ::getpid();
    return "tcp://127." + std::to_string(1 + (pid >> 14) % 250) + "." +
           std::to_string((pid >> 7) % 128) + "." + std::to_string(1 + pid % 128) + ":" +
           std::to_string(20'000 + next++ % 10'000);
}

}  // namespace

std::vector<TransportUnderTest> transports_under_test() {
    const auto standard = [] { return std::vector<std::shared_ptr<Transport>>{}; };
    return {
        {"inproc",
         [](std::string_view unique) { return "inproc://conformance/" + std::string{unique}; },
         standard, false, true},
        {"shm", [](std::string_view unique) { return "shm://conformance/" + std::string{unique}; },
         standard},
        {"unix", unix_url, standard},
        {"tcp", tcp_url, standard},
    };
}

}  // namespace mycelium::conformance
