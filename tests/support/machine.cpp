#include "support/machine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace mycelium::testing_support {
namespace {

std::size_t entries_of(const std::string& path) {
    using Iterator = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(Iterator{path}, Iterator{}));
}

}  // namespace

std::size_t open_descriptors() { return entries_of("/proc/self/fd") - 1; }  // one is the iterator's

std::string descriptors_text() {
    std::string text;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone;
        text += entry.path().filename().string() + " " +
                std::filesystem::read_symlink(entry.path(), gone).string() + "\n";
    }
    return text;
}

std::size_t shared_maps() {
    std::ifstream in{"/proc/self/maps"};
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);)
        count += line.find("/memfd:mycelium.") != std::string::npos ? 1 : 0;
    return count;
}

std::size_t threads() { return entries_of("/proc/self/task"); }

std::size_t resident_bytes() {
    std::ifstream in{"/proc/self/statm"};
    std::size_t size = 0, resident = 0;
    in >> size >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t peak_resident_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

bool is_long() {
    const char* text = ::getenv("MYCELIUM_LONG");
    return text != nullptr && std::string_view{text} == "1";
}

DescriptorsExhausted::DescriptorsExhausted() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    for (int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0;) {
        fillers_.push_back(fd);
        rlimit lowered = before_;
        lowered.rlim_cur =
            static_cast<rlim_t>(fd) + 1;  // the last filler is the last descriptor there is
        ::setrlimit(RLIMIT_NOFILE, &lowered);
        fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
}

DescriptorsExhausted::~DescriptorsExhausted() {
    for (const int fd : fillers_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
}

LimitLowered::LimitLowered(__rlimit_resource resource, rlim_t limit) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = limit;
    if (::setrlimit(resource_, &lowered) != 0) throw std::runtime_error{std::strerror(errno)};
}

LimitLowered::~LimitLowered() { ::setrlimit(resource_, &before_); }

TemporaryDirectory::TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "mycelium-attack-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{std::strerror(errno)};
    path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::size_t TemporaryDirectory::entries() const { return entries_of(path_); }

}  // namespace mycelium::testing_support
