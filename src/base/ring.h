// Ring: a queue in one block of memory.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace mycelium::base {

/// First in, first out. Grows by doubling and keeps what it has grown to, so that a queue in steady
/// use allocates nothing. T can be default-constructed and moved; what has been taken out stays as
/// a moved-from T. One thread at a time.
template <class T>
class Ring {
public:
    std::size_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }
    /// These two: not of an empty one.
    T& front() noexcept { return slots_[first_]; }
    T& back() noexcept { return at(count_ - 1); }
    /// Errors: bad_alloc; `value` is then untouched.
    void push_back(T&& value) {
        if (count_ == slots_.size()) grow();
        at(count_) = std::move(value);
        ++count_;
    }
    void pop_front() noexcept {
        first_ = (first_ + 1) & (slots_.size() - 1);
        --count_;
    }

private:
    static constexpr std::size_t least = 16;
    T& at(std::size_t index) noexcept { return slots_[(first_ + index) & (slots_.size() - 1)]; }
    void grow() {
        std::vector<T> more(slots_.empty() ? least : 2 * slots_.size());
        for (std::size_t i = 0; i < count_; ++i) more[i] = std::move(at(i));
        slots_.swap(more);
        first_ = 0;
    }

    std::vector<T> slots_;  // a power of two of them
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace mycelium::base
