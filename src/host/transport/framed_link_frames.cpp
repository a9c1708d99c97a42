// FramedLink: small publications that come as whole frames.
#include <algorithm>
#include <new>

#include "host/os/clock.h"
#include "host/transport/framed_link.h"

namespace mycelium::transport {

std::optional<bool> FramedLink::takes_frames() const noexcept {
    const bool takes = ours_.pattern == wire::Pattern::publisher && !is_plain_ && !filters_ &&
                       peer_.slow != SlowReader::latest;
    return takes ? std::optional{is_checked_} : std::nullopt;
}

bool FramedLink::owes_notice() noexcept {
    if (!may_owe_notice_) return false;
    return may_owe_notice_ = front_gap_.total() != 0 || passed_over_.total() != 0;
}

bool FramedLink::admits(const Frames& frames) noexcept {
    if (closed_ || cannot_write_ || is_paused_ || is_demoted_ || owes_notice() ||
        frames.payload_bytes_max > peer_.message_bytes_max)
        return false;
    const auto fits = [&] {
        return queue_.messages() + frames.messages <= peer_.queue_messages_max &&
               queue_.bytes_with_references() + frames.bytes <= peer_.queue_bytes_max;
    };
    if (fits()) return true;
    if (wants_writable_ || queue_.is_empty()) return false;
    send_now();  // what only gathers here is no sign of a slow reader
    return !closed_ && !cannot_write_ && fits();
}

std::byte* FramedLink::frame_space(std::size_t bytes) noexcept {
    try {
        return queue_.room(bytes);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

bool FramedLink::offer_frames(const Frames& frames) {
    const base::Change change{writing_.version};
    queue_.add(frames.bytes, frames.messages);
    writing_.sent += frames.messages;
    writing_.bytes += frames.payload_bytes;
    writing_.last_sequence = frames.last_sequence;
    writing_.last_timestamp = frames.timestamp;
    try {
        send_or_gather(gathers(frames.messages, frames.timestamp), frames.timestamp);
    } catch (const std::bad_alloc&) {
        broken({Errc::overloaded, "no memory"});
    }
    tell_queue();
    return !closed_ && !cannot_write_;
}

}  // namespace mycelium::transport
