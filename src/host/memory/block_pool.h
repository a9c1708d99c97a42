// Blocks of bytes that are used again: memory that has been touched before costs no page fault.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <mycelium/bytes.h>

namespace mycelium::memory {

/// Lends writable blocks of at least the size asked for, aligned to 64 bytes. The block freed last
/// is lent first; at most `kept_bytes_max` are kept between uses. Any thread; blocks may outlive
/// the pool.
class BlockPool {
public:
    explicit BlockPool(std::size_t kept_bytes_max = 64 * MiB);

    /// A loan of exactly `size` bytes. Empty owner: no memory.
    Loan<Bytes> lend(std::size_t size) noexcept;

private:
    struct Shelf;
    std::shared_ptr<Shelf> shelf_;
};

}  // namespace mycelium::memory
