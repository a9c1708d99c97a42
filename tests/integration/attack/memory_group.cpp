#include "memory_group.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "eventually.h"

namespace mycelium::attack {
namespace {

const std::string mounted_at = "/sys/fs/cgroup";

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

[[noreturn]] void give_up(const std::string& what) {
    throw std::runtime_error{what + ": " + std::strerror(errno)};
}

void write(const std::string& path, const std::string& text) {
    std::ofstream file{path};
    if (!(file << text << std::flush)) give_up(path);
}

/// Of lines such as "oom_kill 0".
std::uint64_t number_at(const std::string& path, const std::string& key) {
    std::ifstream in{path};
    for (std::string word; in >> word;)
        if (std::uint64_t number = 0; word == key && in >> number) return number;
    throw std::runtime_error{path + " says nothing of " + key};
}

/// The group below which one may be made.
std::string parent() {
    if (const char* named = ::getenv("MYCELIUM_CGROUP")) return named;
    std::ifstream groups{"/proc/self/cgroup"};
    std::string second_version;
    for (std::string line; std::getline(groups, line);) {
        const std::string path = line.substr(line.rfind(':') + 1);
        const bool is_first = line.find(":memory:") != std::string::npos;
        if (!is_first && line.rfind("0::", 0) != 0) continue;
        if (path != "/" && (is_first || !exists(mounted_at + "/memory")))
            throw std::runtime_error{"the group " + path +
                                     " is not ours to divide; MYCELIUM_CGROUP names one that is"};
        if (is_first) return mounted_at + "/memory";
        second_version = mounted_at;
    }
    if (second_version.empty()) throw std::runtime_error{"no control groups here"};
    return second_version;
}

}  // namespace

MemoryGroup::MemoryGroup(std::size_t bytes_max) {
    const std::string above = parent();
    is_version_1_ = exists(above + "/memory.usage_in_bytes");
    if (!is_version_1_) write(above + "/cgroup.subtree_control", "+memory");
    path_ = above + "/mycelium-test-" + std::to_string(::getpid());
    if (::mkdir(path_.c_str(), 0755) != 0) give_up(path_);
    write(path_ + (is_version_1_ ? "/memory.limit_in_bytes" : "/memory.max"),
          std::to_string(bytes_max));
    if (!is_version_1_ && exists(path_ + "/memory.swap.max"))
        write(path_ + "/memory.swap.max", "0");
}

MemoryGroup::~MemoryGroup() {
    (void)conformance::eventually([this] { return ::rmdir(path_.c_str()) == 0; });
}

std::uint64_t MemoryGroup::kills() const {
    return number_at(path_ + (is_version_1_ ? "/memory.oom_control" : "/memory.events"),
                     "oom_kill");
}

std::uint64_t MemoryGroup::used_bytes() const {
    std::ifstream in{path_ + (is_version_1_ ? "/memory.usage_in_bytes" : "/memory.current")};
    std::uint64_t bytes = 0;
    in >> bytes;
    return bytes;
}

}  // namespace mycelium::attack
