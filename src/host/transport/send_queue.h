// SendQueue: frames on their way into a byte stream, in order, with their boundaries, so that the
// oldest may be dropped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <mycelium/bytes.h>
#include <mycelium/header.h>

namespace mycelium::transport {

/// Small payloads are copied behind one another into runs of up to 64 KiB; large ones with an owner
/// are kept by reference. Control frames do not count as messages and are never dropped. One thread
/// at a time.
class SendQueue {
public:
    /// Payloads of this size and more are not copied if they have an owner.
    static constexpr std::size_t reference_bytes_min = 16 * KiB;
    static constexpr std::size_t parts_max = 16;

    /// `head` is the encoded header and what else comes before the payload.
    void append(std::span<const std::byte> head, std::span<const std::byte> payload,
                const std::shared_ptr<const void>& owner);
    /// Room for whole frames of messages, `bytes` together, to be written in place. It stays valid
    /// until the next call that changes the queue.
    std::byte* room(std::size_t bytes) { return run_for(bytes).end_of(); }
    /// So many were written there; none of them refers to what lies elsewhere.
    void add(std::size_t bytes, std::size_t messages) noexcept {
        Run& run = runs_.back();
        run.end += bytes;
        run.messages += messages;
        bytes_ += bytes;
        messages_ += messages;
    }
    /// A whole control frame that goes before everything that has not begun to leave.
    void put_first(std::span<const std::byte> frame);
    /// The same with a descriptor, which `owner` keeps open, or -1; behind those put before.
    void put_first(std::span<const std::byte> frame, int descriptor,
                   std::shared_ptr<const void> owner);

    /// What to write next; at most parts_max. Ask descriptor() first.
    std::span<const std::span<const std::byte>> parts();
    /// The descriptor that has to go with the first byte of parts(), which is then one part; -1:
    /// none.
    int descriptor() const noexcept;
    /// The first `count` bytes of parts() are gone.
    void consume(std::size_t count);
    /// Forgets the oldest message that has not begun to leave and returns its sequence number.
    /// None: there is none.
    std::optional<std::uint64_t> drop_oldest();
    /// The rest of a frame of which the beginning was written already. The queue must be empty.
    void put_started(std::span<const std::byte> head_rest, std::span<const std::byte> payload_rest,
                     const std::shared_ptr<const void>& owner);

    bool is_empty() const noexcept { return bytes_ == 0; }
    /// Frames with descriptors that have not begun to leave.
    bool has_notices() const noexcept { return !notices_.empty(); }
    /// Messages that have not begun to leave.
    std::size_t messages() const noexcept { return messages_; }
    std::size_t bytes() const noexcept { return bytes_; }
    /// The same with what messages refer to that have not begun to leave.
    std::size_t bytes_with_references() const noexcept { return bytes_ + referenced_; }
    /// Messages that have begun to leave, ever.
    std::uint64_t begun() const noexcept { return begun_; }
    void count_as_begun(std::size_t messages) noexcept { begun_ += messages; }

private:
    /// Not cleared, unlike a vector's.
    struct Memory {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
    };
    struct Run {
        Memory memory;
        std::size_t begin = 0;  // of the first frame still here
        std::size_t end = 0;    // of the last
        std::size_t messages = 0;
        std::size_t referenced = 0;  // bytes that lie elsewhere
        Bytes tail;                  // the payload of the last frame, if kept by reference
        std::size_t size() const noexcept { return end - begin + tail.size(); }
        std::span<const std::byte> here() const noexcept {
            return {memory.bytes.get() + begin, end - begin};
        }
        std::byte* end_of() const noexcept { return memory.bytes.get() + end; }
        void push(std::span<const std::byte> bytes) noexcept;
    };
    struct FrontFrame {
        std::size_t in_run;  // bytes of it in Run::memory
        std::size_t in_tail;
        std::size_t referenced;
        bool is_control;
    };
    struct Notice {
        std::vector<std::byte> frame;
        int descriptor;
        std::shared_ptr<const void> owner;
    };

    static FrontFrame front_frame(const Run& run) noexcept;
    Run& run_for(std::size_t bytes);
    void consume_from(Run& run, std::size_t count);
    void forget_front(Run& run, const FrontFrame& frame) noexcept;
    void pop_run() noexcept;

    std::vector<std::byte> started_;  // the rest of a frame that has begun to leave
    std::size_t started_begin_ = 0;
    Bytes started_tail_;
    std::vector<std::byte> first_;  // control frames that go before the runs
    std::size_t first_begin_ = 0;
    std::deque<Notice> notices_;  // go next, one by one
    std::deque<Run> runs_;        // of which the only one may be empty
    Memory spare_;                // an emptied run's
    std::size_t messages_ = 0;
    std::size_t bytes_ = 0;
    std::size_t referenced_ = 0;
    std::uint64_t begun_ = 0;
    std::array<std::span<const std::byte>, parts_max> parts_;
};

}  // namespace mycelium::transport
