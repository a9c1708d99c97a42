#include "host/transport/send_queue.h"

#include <algorithm>
#include <utility>

#include "base/copy.h"
#include "base/endian.h"
#include "host/transport/reference.h"

namespace mycelium::transport {

namespace {

constexpr std::size_t run_bytes_max = 64 * KiB;

void push(std::vector<std::byte>& to, std::span<const std::byte> from) {
    const std::size_t size = to.size();
    to.resize(size + from.size());
    base::copy(to.data() + size, from.data(), from.size());
}

/// Of the frame that begins with `head`: what lies elsewhere, if it is a reference.
std::size_t referenced_by(const std::byte* head, std::span<const std::byte> payload) noexcept {
    if ((std::to_integer<unsigned>(head[7]) & flag_referenced) == 0) return 0;
    if (payload.size() < Reference::bytes) return 0;
    return static_cast<std::size_t>(Reference::decode(payload.first<Reference::bytes>()).size);
}

}  // namespace

void SendQueue::Run::push(std::span<const std::byte> bytes) noexcept {
    base::copy(end_of(), bytes.data(), bytes.size());
    end += bytes.size();
}

SendQueue::Run& SendQueue::run_for(std::size_t bytes) {
    if (!runs_.empty() && runs_.back().tail.empty() &&
        runs_.back().end + bytes <= runs_.back().memory.size)
        return runs_.back();
    Memory memory = std::exchange(spare_, {});
    if (memory.size < bytes) {
        memory.size = std::max(bytes, run_bytes_max);
        memory.bytes = std::make_unique_for_overwrite<std::byte[]>(memory.size);
    }
    if (runs_.empty() || runs_.back().size() != 0) runs_.emplace_back();
    runs_.back().memory = std::move(memory);
    return runs_.back();
}

void SendQueue::append(std::span<const std::byte> head, std::span<const std::byte> payload,
                       const std::shared_ptr<const void>& owner) {
    const bool by_reference = owner && payload.size() >= reference_bytes_min;
    Run& run = run_for(head.size() + (by_reference ? 0 : payload.size()));
    run.push(head);
    if (by_reference)
        run.tail = Bytes{payload, owner};
    else
        run.push(payload);
    bytes_ += head.size() + payload.size();
    const bool is_control = (std::to_integer<unsigned>(head[7]) & flag_control) != 0;
    if (!is_control) {
        ++run.messages;
        ++messages_;
        const std::size_t referenced = referenced_by(head.data(), payload);
        run.referenced += referenced;
        referenced_ += referenced;
    }
}

void SendQueue::put_first(std::span<const std::byte> frame, int descriptor,
                          std::shared_ptr<const void> owner) {
    notices_.push_back({{}, descriptor, std::move(owner)});
    push(notices_.back().frame, frame);
    bytes_ += frame.size();
}

int SendQueue::descriptor() const noexcept {
    const bool is_next = started_.empty() && started_tail_.empty() && first_.empty();
    return is_next && !notices_.empty() ? notices_.front().descriptor : -1;
}

void SendQueue::put_first(std::span<const std::byte> frame) {
    push(first_, frame);
    bytes_ += frame.size();
}

std::span<const std::span<const std::byte>> SendQueue::parts() {
    std::size_t count = 0;
    const auto add = [&](std::span<const std::byte> part) {
        if (!part.empty() && count < parts_max) parts_[count++] = part;
    };
    add(std::span{started_}.subspan(started_begin_));
    add(started_tail_.span());
    add(std::span{first_}.subspan(first_begin_));
    if (!notices_.empty()) {
        if (count == 0) add(notices_.front().frame);
        return std::span{parts_}.first(count);
    }
    for (const Run& run : runs_) {
        if (count + 2 > parts_max) break;
        add(run.here());
        add(run.tail.span());
    }
    return std::span{parts_}.first(count);
}

SendQueue::FrontFrame SendQueue::front_frame(const Run& run) noexcept {
    const std::byte* head = run.here().data();
    const std::size_t total = header_bytes + base::load_little<std::uint32_t>(head + 24);
    const std::size_t here = std::min(total, run.here().size());
    const auto payload = run.here().first(here).subspan(header_bytes);
    return {here, total - here, referenced_by(head, payload),
            (std::to_integer<unsigned>(head[7]) & flag_control) != 0};
}

void SendQueue::forget_front(Run& run, const FrontFrame& frame) noexcept {
    run.begin += frame.in_run;
    if (frame.in_tail != 0) run.tail = {};
    if (!frame.is_control) {
        --run.messages;
        --messages_;
        run.referenced -= frame.referenced;
        referenced_ -= frame.referenced;
    }
}

/// It is empty. The last one stays, to be filled again.
void SendQueue::pop_run() noexcept {
    Run& run = runs_.front();
    const bool is_usual = run.memory.size == run_bytes_max;
    if (runs_.size() == 1 && is_usual) {
        run.begin = run.end = run.messages = run.referenced = 0;
        run.tail = {};
        return;
    }
    if (is_usual) spare_ = std::move(run.memory);
    runs_.pop_front();
}

void SendQueue::consume_from(Run& run, std::size_t count) {
    while (count != 0) {
        const FrontFrame frame = front_frame(run);
        const std::size_t total = frame.in_run + frame.in_tail;
        if (count < total) {
            // The rest of this frame must follow whatever happens to the others.
            const std::size_t sent_here = std::min(count, frame.in_run);
            started_begin_ = 0;
            started_.clear();
            push(started_, run.here().subspan(sent_here, frame.in_run - sent_here));
            if (frame.in_tail != 0)
                started_tail_ =
                    run.tail.slice(count - sent_here, frame.in_tail - (count - sent_here));
        }
        forget_front(run, frame);
        begun_ += !frame.is_control;
        count -= std::min(count, total);
    }
}

void SendQueue::consume(std::size_t count) {
    bytes_ -= count;
    const auto take_from = [&count](std::vector<std::byte>& bytes, std::size_t& begin) {
        const std::size_t taken = std::min(count, bytes.size() - begin);
        begin += taken;
        count -= taken;
        if (begin == bytes.size()) {
            bytes.clear();
            begin = 0;
        }
    };
    take_from(started_, started_begin_);
    const std::size_t from_tail = std::min(count, started_tail_.size());
    started_tail_ = from_tail == started_tail_.size()
                        ? Bytes{}
                        : started_tail_.slice(from_tail, started_tail_.size() - from_tail);
    count -= from_tail;
    take_from(first_, first_begin_);
    if (count != 0 && !notices_.empty()) {
        // The descriptor has gone with the first byte.
        std::vector<std::byte>& frame = notices_.front().frame;
        if (count < frame.size()) push(started_, std::span{frame}.subspan(count));
        notices_.pop_front();
        count = 0;
    }
    while (count != 0) {
        Run& run = runs_.front();
        if (count >= run.size()) {
            count -= run.size();
            messages_ -= run.messages;
            begun_ += run.messages;
            referenced_ -= run.referenced;
            pop_run();
        } else {
            consume_from(run, count);
            count = 0;
        }
    }
    if (!runs_.empty() && runs_.front().size() == 0) pop_run();
}

void SendQueue::put_started(std::span<const std::byte> head_rest,
                            std::span<const std::byte> payload_rest,
                            const std::shared_ptr<const void>& owner) {
    push(started_, head_rest);
    if (owner && payload_rest.size() >= reference_bytes_min)
        started_tail_ = Bytes{payload_rest, owner};
    else
        push(started_, payload_rest);
    bytes_ += head_rest.size() + payload_rest.size();
}

std::optional<std::uint64_t> SendQueue::drop_oldest() {
    while (!runs_.empty() && runs_.front().size() != 0) {
        Run& run = runs_.front();
        const FrontFrame frame = front_frame(run);
        const auto sequence = base::load_little<std::uint64_t>(run.here().data() + 8);
        if (frame.is_control) {
            // Control frames survive: they move before the runs, in their order.
            push(first_, run.here().first(frame.in_run));
        } else {
            bytes_ -= frame.in_run + frame.in_tail;
        }
        forget_front(run, frame);
        if (run.size() == 0) pop_run();
        if (!frame.is_control) return sequence;
    }
    return std::nullopt;
}

}  // namespace mycelium::transport
