// Pointer channels: blocks handed over between two threads, spinning or sleeping.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "benchmarks/raw/block_pool.h"
#include "benchmarks/raw/pointer_ring.h"

namespace mycelium::bench {

/// The limit: nobody ever sleeps, so each side needs a core of its own.
struct SpinningQueue {
    void push(std::shared_ptr<Block>&& block) {
        while (!ring.try_push(block)) relax();
    }
    std::shared_ptr<Block> pop() {
        std::shared_ptr<Block> block;
        while (!ring.try_pop(block)) relax();
        return block;
    }
    PointerRing<Block> ring;
};

/// What is usually written by hand: a mutex, a condition and a deque.
class SleepingQueue {
public:
    static constexpr std::size_t messages_max = 1000;
    void push(std::shared_ptr<Block>&& block) {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [this] { return blocks_.size() < messages_max; });
        blocks_.push_back(std::move(block));
        lock.unlock();
        has_block_.notify_one();
    }
    std::shared_ptr<Block> pop() {
        std::unique_lock lock(mutex_);
        has_block_.wait(lock, [this] { return !blocks_.empty(); });
        std::shared_ptr<Block> block = std::move(blocks_.front());
        blocks_.pop_front();
        // Half empty is soon enough: a wake-up for each would be the cost of the queue.
        const bool tell = blocks_.size() == messages_max / 2;
        lock.unlock();
        if (tell) has_room_.notify_one();
        return block;
    }

private:
    std::mutex mutex_;
    std::condition_variable has_block_;
    std::condition_variable has_room_;
    std::deque<std::shared_ptr<Block>> blocks_;
};

template <class Queue>
class PointerChannel {
public:
    PointerChannel(Queue& out, Queue& in, std::size_t message_bytes)
        : out_(out), in_(in), pool_(message_bytes) {}
    void send(std::uint64_t number) { out_.push(pool_.take(number, relax)); }
    void flush() noexcept {}
    Arrival receive() { return read_stamp(in_.pop()->bytes); }

private:
    Queue& out_;
    Queue& in_;
    BlockPool pool_;
};

}  // namespace mycelium::bench
