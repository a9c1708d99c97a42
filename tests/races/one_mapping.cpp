// One mapping: in this program, whoever maps a memfd that is mapped already is given the mapping
// that there is. The linker puts these functions in the place of the C library's.
#include <sys/mman.h>
#include <sys/stat.h>

#include <map>
#include <mutex>

#include "one_mapping.h"

namespace {

struct Mapping {
    ino_t file = 0;
    std::size_t size = 0;
    int users = 0;
};

std::mutex mutex;
std::map<void*, Mapping>& mappings() {
    static auto* const all = new std::map<void*, Mapping>;  // unmapped at exit, too
    return *all;
}
std::size_t shared = 0;

/// 0: no memfd, or nothing of one.
ino_t memfd_of(int flags, int fd) {
    struct stat facts {};
    if ((flags & MAP_SHARED) == 0 || fd < 0 || ::fstat(fd, &facts) != 0 || facts.st_nlink != 0)
        return 0;
    return facts.st_ino;
}

}  // namespace

extern "C" {

void* __real_mmap(void* address, std::size_t size, int access, int flags, int fd, off_t offset);
int __real_munmap(void* address, std::size_t size);

void* __wrap_mmap(void* address, std::size_t size, int access, int flags, int fd, off_t offset) {
    const ino_t file = memfd_of(flags, fd);
    if (file == 0) return __real_mmap(address, size, access, flags, fd, offset);
    const std::lock_guard guard{mutex};
    for (auto& [begin, mapping] : mappings()) {
        if (mapping.file != file || mapping.size != size) continue;
        ++mapping.users;
        ++shared;
        return begin;
    }
    void* const begin = __real_mmap(address, size, access, flags, fd, offset);
    if (begin != MAP_FAILED) mappings()[begin] = {file, size, 1};
    return begin;
}

int __wrap_munmap(void* address, std::size_t size) {
    const std::lock_guard guard{mutex};
    if (const auto found = mappings().find(address); found != mappings().end()) {
        if (--found->second.users > 0) return 0;
        mappings().erase(found);
    }
    return __real_munmap(address, size);
}
}

namespace mycelium::testing_support {

std::size_t shared_mappings() {
    const std::lock_guard guard{mutex};
    return shared;
}

}  // namespace mycelium::testing_support
