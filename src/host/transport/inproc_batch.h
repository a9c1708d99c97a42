// InprocBatch: what one call offers to links of this process, kept once for all of them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/limits.h>
#include <mycelium/tlv.h>

namespace mycelium::transport {

class InprocBatch;
using InprocBatches = std::vector<std::shared_ptr<const InprocBatch>>;

/// Messages that own what they refer to. Immutable once it is shared: its readers read it at the
/// same time. What few messages have lies elsewhere, since each of these is read by another
/// processor than the one that wrote it. A message in a queue keeps all of its batch alive:
/// what may be large is a batch of its own.
class InprocBatch {
public:
    static constexpr std::size_t bytes_max = 64 * KiB;  ///< of several messages

    class Item {
    public:
        const Header& header() const noexcept { return header_; }
        /// What counts against a queue's limit, of a reader that shares no objects.
        std::size_t bytes() const noexcept { return bytes_.size(); }
        CallKind call_kind() const noexcept { return call_ ? call_->kind : CallKind::none; }
        bool holds_any(const tlv::TypeSet& types) const noexcept;
        /// The message, as a reader gets it: `message` is a fresh one. The object itself to one
        /// that shares objects; else bytes, of which small ones come without an owner: they are
        /// valid as long as the batch.
        void give(Message& message, bool shares_objects) const noexcept;

    private:
        friend InprocBatch;
        Header header_;
        Origin origin_;
        const void* object_ = nullptr;
        const Schema* schema_ = nullptr;
        std::span<const std::byte> bytes_;
        std::shared_ptr<const void> owner_;
        std::unique_ptr<CallInfo> call_;
        bool has_bytes_ = false;
    };

    /// Bytes that have no owner are copied. Empty: no memory.
    static InprocBatches of(std::span<const Message> messages) noexcept;

    /// An empty one, for up to `messages` messages of up to `bytes` bytes together. Null: no
    /// memory.
    static std::shared_ptr<InprocBatch> make(std::size_t messages, std::size_t bytes) noexcept;

    InprocBatch(std::size_t messages, std::size_t bytes);
    InprocBatch(const InprocBatch&) = delete;
    /// While it is not shared: one more, of bytes that are copied.
    void add(const Header& header, const Origin& origin, std::span<const std::byte> payload);

    std::span<const Item> items() const noexcept { return items_; }
    /// Of all of them, and of the largest.
    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t largest() const noexcept { return largest_; }

private:
    void add(const Message& message);
    std::span<const std::byte> copied(std::span<const std::byte> payload) noexcept;
    void count(std::size_t bytes) noexcept;

    std::vector<Item> items_;
    std::unique_ptr<std::byte[]> block_;
    std::size_t block_used_ = 0;
    std::size_t bytes_ = 0;
    std::size_t largest_ = 0;
};

/// Some of a batch, in a queue or taken out of it.
struct InprocPart {
    std::shared_ptr<const InprocBatch> batch;
    std::size_t first = 0;
    std::size_t last = 0;  ///< beyond the last one

    std::span<const InprocBatch::Item> items() const noexcept {
        return batch->items().subspan(first, last - first);
    }
};

}  // namespace mycelium::transport
