#include "host/os/shared_memory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>

#include "host/os/error.h"
#include "host/os/memory_room.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace mycelium::os {
namespace {

constexpr std::size_t name_size_max = 240;  // the kernel's 249 less our prefix
constexpr std::size_t grant = std::size_t{1} << 20;

int seals_of(SharedMemory::Kind kind) noexcept {
    constexpr int common = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    return kind == SharedMemory::Kind::log ? common | F_SEAL_FUTURE_WRITE : common;
}

Error no_room(std::uint64_t wanted, std::uint64_t left) {
    return {Errc::overloaded,
            "no memory for " + std::to_string(wanted) + " bytes: " + std::to_string(left) +
                " are left to this process (its control group's limit, or the "
                "machine's memory)",
            ENOMEM};
}

// ftruncate beyond the limit would not fail but raise SIGXFSZ, which ends the process.
Result<void> check_file_limit(std::size_t size) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0) return {};
    if (limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur) return {};
    return Error{Errc::overloaded,
                 "shared memory of " + std::to_string(size) +
                     " bytes: files of this process may have " + std::to_string(limit.rlim_cur) +
                     " at most: raise its limit (ulimit -f)",
                 EFBIG};
}

Result<void> check_size(std::size_t size) {
    if (size == 0) return Error{Errc::invalid, "shared memory of no bytes"};
    if (size > static_cast<std::size_t>(std::numeric_limits<off_t>::max())) {
        return no_room(size, memory_room());
    }
    MYCELIUM_TRY(check_file_limit(size));
    if (const std::uint64_t room = memory_room(); size > room) return no_room(size, room);
    return {};
}

Fd make_memfd(const std::string& name, Kernel kernel) noexcept {
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    if (kernel.has_noexec_seal) {
        Fd memory = Fd::adopt(::memfd_create(name.c_str(), flags | MFD_NOEXEC_SEAL));
        if (memory || errno != EINVAL) return memory;
    }
    return Fd::adopt(::memfd_create(name.c_str(), flags));
}

Error memfd_error(int error) {
    // A container's filter of system calls answers EPERM.
    if (error == EPERM) error = ENOSYS;
    return error_from(error, "memfd_create");
}

Error malformed(std::string what, int error = 0) {
    return {Errc::malformed, "a peer's shared memory " + std::move(what), error};
}

Result<void> check_seals(int memory, SharedMemory::Kind kind) {
    const int seals = ::fcntl(memory, F_GET_SEALS);
    if (seals < 0) return malformed("is no memfd", errno);
    if ((seals & seals_of(kind)) != seals_of(kind)) {
        return malformed("is not sealed: its seals are " + std::to_string(seals) + ", wanted " +
                         std::to_string(seals_of(kind)));
    }
    // Huge pages are taken from a pool, and touching one that it does not have raises SIGBUS.
    struct statfs filesystem {};
    if (::fstatfs(memory, &filesystem) != 0) return error_from(errno, "fstatfs");
    if (filesystem.f_type != TMPFS_MAGIC) return malformed("has huge pages");
    return {};
}

Result<std::size_t> size_of(int memory) {
    struct stat facts {};
    if (::fstat(memory, &facts) != 0) return error_from(errno, "fstat");
    if (facts.st_size <= 0) return malformed("is empty");
    return static_cast<std::size_t>(facts.st_size);
}

}  // namespace

SharedMemory::SharedMemory(Fd fd, Kernel kernel) noexcept
    : fd_(std::move(fd)), kernel_(kernel), generation_(fork_generation()) {}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      fd_(std::move(other.fd_)),
      kernel_(other.kernel_),
      is_writable_(other.is_writable_),
      generation_(other.generation_),
      granted_(other.granted_) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
    if (this == &other) return *this;
    unmap();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    fd_ = std::move(other.fd_);
    kernel_ = other.kernel_;
    is_writable_ = other.is_writable_;
    generation_ = other.generation_;
    granted_ = other.granted_;
    return *this;
}

SharedMemory::~SharedMemory() { unmap(); }

void SharedMemory::unmap() noexcept {
    // In a forked child the addresses of a map that it did not inherit may be somebody else's.
    if (data() != nullptr) ::munmap(data_, size_);
    data_ = nullptr;
    size_ = 0;
}

Result<SharedMemory> SharedMemory::create(const std::string& name, std::size_t size, Kind kind,
                                          Kernel kernel) {
    MYCELIUM_TRY(check_size(size));
    SharedMemory memory{make_memfd("mycelium." + name.substr(0, name_size_max), kernel), kernel};
    if (!memory.fd_) return memfd_error(errno);
    if (::ftruncate(memory.fd(), static_cast<off_t>(size)) != 0) {
        return error_from(errno, "the size of shared memory");
    }
    MYCELIUM_TRY(memory.map(size, true));  // before the seal that allows no further writable map
    MYCELIUM_TRY(memory.seal(kind));
    return memory;
}

Result<SharedMemory> SharedMemory::open(Fd descriptor, Kind kind, std::size_t size_min,
                                        std::size_t size_max) {
    if (!descriptor) return Error{Errc::malformed, "no descriptor of shared memory came"};
    MYCELIUM_TRY(check_seals(descriptor.get(), kind));
    MYCELIUM_TRY_ASSIGN(const std::size_t size, size_of(descriptor.get()));
    if (size < size_min) {
        return malformed("has " + std::to_string(size) + " bytes, wanted at least " +
                         std::to_string(size_min));
    }
    if (size_max == 0) return Error{Errc::invalid, "shared memory of no bytes"};
    SharedMemory memory{std::move(descriptor), {}};
    auto mapped = memory.map(std::min(size, size_max), kind == Kind::subscription);
    if (!mapped && mapped.error() != Errc::overloaded) {
        return malformed("cannot be mapped", static_cast<int>(mapped.error().detail()));
    }
    if (!mapped) return std::move(mapped).error();
    return memory;
}

// Mapped without access first: a thread that forks before the map is marked gives its child
// nothing to write through.
Result<void> SharedMemory::map(std::size_t size, bool is_writable) {
    void* const address =
        ::mmap(nullptr, size, is_writable ? PROT_NONE : PROT_READ, MAP_SHARED, fd(), 0);
    if (address == MAP_FAILED) return error_from(errno, "mapping shared memory");
    data_ = static_cast<std::byte*>(address);
    size_ = size;
    is_writable_ = is_writable;
    ::madvise(address, size, MADV_DONTDUMP);
    if (!is_writable) return {};
    if (::madvise(address, size, MADV_DONTFORK) != 0 ||
        ::mprotect(address, size, PROT_READ | PROT_WRITE) != 0) {
        return error_from(errno, "mapping shared memory");
    }
    return {};
}

Result<void> SharedMemory::seal(Kind kind) {
    if (::fcntl(fd(), F_ADD_SEALS, seals_of(kind)) != 0) {
        if (errno == EINVAL) errno = ENOSYS;  // a seal that the kernel does not know
        return error_from(errno, "sealing shared memory");
    }
    if (kind == Kind::subscription) return {};
    const std::string path = "/proc/self/fd/" + std::to_string(fd());
    Fd read_only = Fd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (read_only) {
        fd_ = std::move(read_only);
    } else if (errno == EMFILE || errno == ENFILE) {
        return error_from(errno, "a read-only descriptor of shared memory");
    }
    return {};  // without /proc the writable one stays: the seal alone keeps readers from writing
}

Result<void> SharedMemory::reserve_room(std::size_t bytes) {
    if (bytes > granted_) {
        const std::uint64_t room = memory_room();
        if (bytes > room) return no_room(bytes, room);
        granted_ = bytes + static_cast<std::size_t>(std::min<std::uint64_t>(room - bytes, grant));
    }
    granted_ -= bytes;
    return {};
}

namespace {

Error no_pages(std::size_t bytes) {
    return {Errc::overloaded,
            "the machine has no pages for " + std::to_string(bytes) + " bytes of shared memory",
            ENOMEM};
}

// One write to each page that changes nothing, whoever else writes there meanwhile.
void write_to_pages(std::span<std::byte> pages, std::size_t page) noexcept {
    for (std::size_t at = 0; at < pages.size(); at += page) {
        auto& byte = reinterpret_cast<unsigned char&>(pages[at]);
        std::atomic_ref<unsigned char>{byte}.fetch_or(0, std::memory_order_relaxed);
    }
}

}  // namespace

Result<void> SharedMemory::touch(std::size_t offset, std::size_t bytes) noexcept {
    if (!is_mapped()) return forked();
    if (!is_writable_) return Error{Errc::invalid, "touching memory that is mapped read-only"};
    if (offset > size_ || bytes > size_ - offset) {
        return Error{Errc::invalid, "touching bytes outside of shared memory"};
    }
    if (bytes == 0) return {};
    MYCELIUM_TRY(reserve_room(bytes));
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t first = offset / page * page;
    const std::span<std::byte> pages{data_ + first, offset + bytes - first};
    if (kernel_.has_populate_write) {
        int populated = -1;
        do {
            populated = ::madvise(pages.data(), pages.size(), MADV_POPULATE_WRITE);
        } while (populated != 0 && errno == EINTR);
        if (populated == 0) return {};
        // EFAULT: writing would have raised SIGBUS, because the machine may promise no more memory.
        if (errno != EINVAL && errno != EPERM) return no_pages(pages.size());
        kernel_.has_populate_write = false;
    }
    // Where the descriptor is writable, fallocate tells that there are no pages, instead of SIGBUS.
    if (::fallocate(fd(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first),
                    static_cast<off_t>(pages.size())) != 0 &&
        (errno == ENOSPC || errno == ENOMEM)) {
        return no_pages(pages.size());
    }
    write_to_pages(pages, page);
    return {};
}

}  // namespace mycelium::os
