// MessageBatch: what one receive() of a link brings, in slots that are used again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <mycelium/ext/message.h>

namespace mycelium::transport {

/// A plain message is a header and bytes without an owner: nothing else of its slot is written, so
/// that the next one can be written over it. All else in a free slot is as in a new one. One thread
/// at a time.
class MessageBatch {
public:
    std::span<Message> all() noexcept { return std::span{slots_}.first(size_); }
    std::size_t size() const noexcept { return size_; }
    bool is_empty() const noexcept { return size_ == 0; }
    Message& front() noexcept { return slots_[0]; }
    Message& back() noexcept { return slots_[size_ - 1]; }
    /// All of them are.
    bool is_plain() const noexcept { return is_plain_; }

    /// Lets go of what the messages hold.
    void clear() noexcept {
        for (std::size_t i = 0; !is_plain_ && i < size_; ++i) slots_[i] = Message{};
        size_ = 0;
        is_plain_ = true;
    }
    void push(Message&& message) {
        if (size_ == slots_.size()) slots_.resize(std::max(2 * size_, slots_min));
        is_plain_ = false;
        slots_[size_++] = std::move(message);
    }
    /// The first is forgotten, what comes behind it moves up.
    void pop_front() noexcept {
        std::move(slots_.begin() + 1, slots_.begin() + static_cast<std::ptrdiff_t>(size_),
                  slots_.begin());
        slots_[--size_] = Message{};
    }
    /// Free slots, at least one, for as many plain messages as were ever filled at once, and twice
    /// that where all of them are; up to `limit` in all.
    std::span<Message> free(std::size_t limit) {
        if (size_ == slots_.size())
            slots_.resize(std::max(std::min(2 * size_, limit), size_ + slots_min));
        return std::span{slots_}.subspan(size_, std::min(limit, slots_.size()) - size_);
    }
    /// The first `count` of those were filled.
    void add_plain(std::size_t count) noexcept { size_ += count; }

private:
    static constexpr std::size_t slots_min = 4;

    std::vector<Message> slots_;
    std::size_t size_ = 0;
    bool is_plain_ = true;
};

}  // namespace mycelium::transport
