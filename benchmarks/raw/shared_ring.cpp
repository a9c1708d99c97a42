#include "benchmarks/raw/shared_ring.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include <sys/mman.h>

#include "benchmarks/raw/block_pool.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t small_ring_bytes = 256 * 1024;
constexpr std::size_t page_bytes = 4096;

std::byte* share(std::size_t bytes) {
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::system_error(errno, std::generic_category(), "memory to share");
    return static_cast<std::byte*>(memory);
}

}  // namespace

SharedRing::SharedRing(std::size_t message_bytes, const RingManner& manner, std::size_t readers)
    : manner_(manner), message_bytes_(message_bytes), readers_(readers) {
    // A processor fetches lines in pairs: the one after a message's is not to be the next
    // message's, which is being written, unless messages come many at once.
    const std::size_t step = manner.at_once > 1 ? 64 : 128;
    stride_ = (message_bytes + step - 1) / step * step;
    if (message_bytes < large_bytes)
        while (slots_ * stride_ < small_ring_bytes || slots_ < 2 * manner.at_once) slots_ *= 2;
    memory_bytes_ = sizeof(RingWords) + slots_ * stride_;
    std::byte* const memory = share(memory_bytes_);
    words_ = new (memory) RingWords;
    data_ = memory + sizeof(RingWords);
    std::memset(data_, 'x', slots_ * stride_);
}

SharedRing::~SharedRing() { ::munmap(words_, memory_bytes_); }

void SharedRing::touch() const noexcept {
    for (std::size_t at = 0; at < slots_ * stride_; at += page_bytes)
        static_cast<void>(*const_cast<const volatile std::byte*>(data_ + at));
}

}  // namespace mycelium::bench
