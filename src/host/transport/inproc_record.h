// InprocRecord: one message, or a notice, as it lies in a queue between two threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <mycelium/ext/message.h>
#include <mycelium/limits.h>

#include "core/wire/notices.h"

namespace mycelium::transport {

/// A message as whoever puts it into a queue has it: either an object or bytes. Refers to the
/// caller's memory, but for the owner.
struct InprocValue {
    const Header& header;
    const Origin& origin;
    const CallInfo& call;
    const void* object = nullptr;  ///< null: bytes
    const Schema* schema = nullptr;
    std::span<const std::byte> bytes{};
    bool has_bytes = false;
    /// Of the object, or of the bytes; null: they are copied.
    std::shared_ptr<const void> owner{};
};

/// A head of half a cache line, and behind it the parts that it names: where an object or bytes
/// lie that others own, an origin, what calls add, a method's text, and bytes that were copied.
/// Most messages are one or two cells. The writer fills it in and then says how many cells it has;
/// from then on it is the reader's.
class InprocRecord {
public:
    static constexpr std::size_t cell_bytes = 64;
    static constexpr std::size_t copied_bytes_max = 1 * KiB;  ///< more costs less when it is shared
    /// The same of bytes that have an owner already.
    static constexpr std::size_t copied_owned_bytes_max = 256;
    static constexpr std::size_t cells_max = 22;  ///< of one record
    // Instead of a number of cells:
    static constexpr std::uint32_t unwritten = 0;
    static constexpr std::uint32_t goes_on_elsewhere = UINT32_MAX;  ///< in the next chunk

    static std::size_t cells_of(const InprocValue& value) noexcept;
    static std::size_t cells_of_gap() noexcept;

    // The writer's. The record is at the beginning of as many cells as it takes.
    void fill(InprocValue&& value) noexcept;
    void fill(const wire::Gap& gap) noexcept;

    // The reader's, once.
    bool is_gap() const noexcept { return (parts_ & gap_part) != 0; }
    wire::Gap take_gap() noexcept;
    /// `message` is a fresh one. Bytes that were copied stay where they are, without an owner.
    void take(Message& message) noexcept;
    /// The message goes nowhere: its owner, to be destroyed.
    std::shared_ptr<const void> take_owner() noexcept;

    std::uint64_t sequence() const noexcept { return sequence_; }
    CallKind call_kind() const noexcept { return call_kind_; }
    /// Of its bytes, if it is not an object.
    std::size_t bytes() const noexcept { return payload_size_; }

    std::atomic<std::uint32_t> cells{unwritten};

private:
    struct Owned {
        const void* data;
        const Schema* schema;  // of an object
        std::shared_ptr<const void> owner;
    };
    struct Call {
        std::uint64_t id;
        std::int64_t budget_ns;
    };
    // What follows the head, in this order.
    enum Part : std::uint8_t {
        owned_part = 1,
        origin_part = 2,
        call_part = 4,
        gap_part = 8,
        is_object = 16,
        has_bytes = 32,
    };
    static std::uint8_t parts_of(const InprocValue& value) noexcept;
    static std::size_t front_bytes(std::uint8_t parts) noexcept;
    std::byte* behind_head() noexcept;
    template <class T>
    T* part_at(std::size_t offset) noexcept;

    std::uint32_t payload_size_;
    std::uint64_t sequence_;
    std::uint64_t timestamp_;
    std::uint8_t relay_domain_;
    std::uint8_t source_;
    std::uint8_t flags_;
    std::uint8_t parts_;
    CallKind call_kind_;
    std::uint8_t method_size_;
};
static_assert(sizeof(InprocRecord) == 32 && limits::method_bytes_max <= UINT8_MAX);

}  // namespace mycelium::transport
