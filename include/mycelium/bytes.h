// Bytes: immutable memory with a shared owner. Loan<Bytes>: writable memory lent to one writer
// until it publishes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace mycelium {

inline constexpr std::size_t KiB = std::size_t{1} << 10;
inline constexpr std::size_t MiB = std::size_t{1} << 20;
inline constexpr std::size_t GiB = std::size_t{1} << 30;

/// Immutable bytes; copying a Bytes shares the memory. The owner may be a heap block, a pool block,
/// a mapped file or any object. Thread-safe as std::shared_ptr is.
class Bytes {
public:
    Bytes() noexcept = default;
    /// `view` must stay valid and unchanged for as long as `owner` is held.
    Bytes(std::span<const std::byte> view, std::shared_ptr<const void> owner) noexcept
        : view_(view), owner_(std::move(owner)) {}

    /// A private copy of `source` on the heap.
    static Bytes copy_of(std::span<const std::byte> source);
    static Bytes copy_of(std::string_view text) { return copy_of(std::as_bytes(std::span{text})); }

    std::span<const std::byte> span() const noexcept { return view_; }
    const std::byte* data() const noexcept { return view_.data(); }
    std::size_t size() const noexcept { return view_.size(); }
    bool empty() const noexcept { return view_.empty(); }
    std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(view_.data()), view_.size()};
    }
    /// `size` bytes from `offset` on, sharing the memory; cut to what there is.
    Bytes slice(std::size_t offset, std::size_t size) const noexcept {
        offset = offset < view_.size() ? offset : view_.size();
        size = size < view_.size() - offset ? size : view_.size() - offset;
        return {view_.subspan(offset, size), owner_};
    }
    const std::shared_ptr<const void>& owner() const& noexcept { return owner_; }
    std::shared_ptr<const void> owner() && noexcept { return std::move(owner_); }

    friend bool operator==(const Bytes& a, const Bytes& b) noexcept { return a.text() == b.text(); }

private:
    std::span<const std::byte> view_;
    std::shared_ptr<const void> owner_;
};

template <class T>
class Loan;

/// Writable bytes lent until they are published. Moves only; dropped unpublished, the memory goes
/// back and nothing is sent.
template <>
class Loan<Bytes> {
public:
    Loan(std::span<std::byte> memory, std::shared_ptr<const void> owner) noexcept
        : memory_(memory), owner_(std::move(owner)) {}
    Loan(Loan&&) noexcept = default;
    Loan& operator=(Loan&&) noexcept = default;

    std::span<std::byte> span() noexcept { return memory_; }
    std::size_t size() const noexcept { return memory_.size(); }
    /// Who shares it keeps the memory, and must not look at it before the writing has ended.
    const std::shared_ptr<const void>& owner() const noexcept { return owner_; }
    /// Publish less than was lent.
    void shrink(std::size_t size) noexcept {
        if (size < memory_.size()) memory_ = memory_.first(size);
    }
    /// Ends the writing: the same memory, immutable.
    Bytes freeze() && noexcept { return {memory_, std::move(owner_)}; }

private:
    std::span<std::byte> memory_;
    std::shared_ptr<const void> owner_;
};

/// One T lent until it is published; T is FLAT. Moves only.
template <class T>
class Loan {
public:
    explicit Loan(std::shared_ptr<T> object) noexcept : object_(std::move(object)) {}
    Loan(Loan&&) noexcept = default;
    Loan& operator=(Loan&&) noexcept = default;

    T& operator*() noexcept { return *object_; }
    T* operator->() noexcept { return object_.get(); }
    std::shared_ptr<const T> freeze() && noexcept { return std::move(object_); }

private:
    std::shared_ptr<T> object_;
};

}  // namespace mycelium
