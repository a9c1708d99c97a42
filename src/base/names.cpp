// Names of the vocabulary's enumerators, as logs, tools, metrics and the wire write them.
#include <mycelium/ext/message.h>
#include <mycelium/ext/ports.h>

namespace mycelium {

// No default in the switches: the compiler names the enumerator that was forgotten.
std::string_view name_of(DropReason reason) noexcept {
    switch (reason) {
        case DropReason::queue_full:
            return "queue_full";
        case DropReason::conflated:
            return "conflated";
        case DropReason::block_deadline:
            return "block_deadline";
        case DropReason::disconnected:
            return "disconnected";
        case DropReason::peer_gone:
            return "peer_gone";
        case DropReason::lingered_out:
            return "lingered_out";
        case DropReason::malformed:
            return "malformed";
        case DropReason::too_large:
            return "too_large";
        case DropReason::not_asked_for:
            return "not_asked_for";
        case DropReason::upstream:
            return "upstream";
        case DropReason::paused:
            return "paused";
    }
    return "unknown";
}

std::string_view name_of(Waiting waiting) noexcept {
    switch (waiting) {
        case Waiting::adaptive:
            return "adaptive";
        case Waiting::spin:
            return "spin";
        case Waiting::sleep:
            return "sleep";
    }
    return "unknown";
}

std::string_view name_of(SlowReader policy) noexcept {
    switch (policy) {
        case SlowReader::block:
            return "block";
        case SlowReader::drop_oldest:
            return "drop_oldest";
        case SlowReader::latest:
            return "latest";
        case SlowReader::disconnect:
            return "disconnect";
    }
    return "unknown";
}

std::string_view name_of(Event::Kind kind) noexcept {
    switch (kind) {
        case Event::Kind::connected:
            return "connected";
        case Event::Kind::disconnected:
            return "disconnected";
        case Event::Kind::refused:
            return "refused";
        case Event::Kind::restarted:
            return "restarted";
        case Event::Kind::demoted:
            return "demoted";
        case Event::Kind::caught_up:
            return "caught_up";
    }
    return "unknown";
}

}  // namespace mycelium
