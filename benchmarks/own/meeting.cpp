#include "benchmarks/own/meeting.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace mycelium::bench {

TemporaryDirectory::TemporaryDirectory() {
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    path_ = (error ? std::string{"/tmp"} : parent.string()) + "/mycelium-bench-XXXXXX";
    if (!::mkdtemp(path_.data()))
        throw std::system_error(errno, std::generic_category(), "making " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string Meeting::url(std::string_view name) const {
    if (scheme_ == "tcp") return "tcp://127.0.0.1:0";
    if (scheme_ == "unix") return "unix://" + directory_.path() + "/" + std::string{name};
    // A name of shared memory is the machine's: the directory's is like no other.
    if (scheme_ == "shm")
        return "shm://" + directory_.path().substr(directory_.path().rfind('/') + 1) + "/" +
               std::string{name};
    return scheme_ + "://bench/" + std::string{name};
}

}  // namespace mycelium::bench
