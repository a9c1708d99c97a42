// The messages that are measured, each with its number at both ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mycelium/mycelium.h>

#include "benchmarks/raw/block_pool.h"
#include "benchmarks/raw/stamp.h"

namespace mycelium::bench {

/// 64 bytes whose memory is their wire form.
struct Small {
    std::uint64_t first = 0;
    std::array<std::uint64_t, 6> between{};
    std::uint64_t last = 0;
};
MYCELIUM_FLAT(Small, first, between, last);

/// 64 bytes on the wire as a domain message: a TLV and its head.
struct Relayed {
    std::uint64_t first = 0;
    std::array<std::uint64_t, 5> between{};
    std::array<std::uint8_t, 6> rest{};
    std::uint64_t last = 0;
};
MYCELIUM_TLV(Relayed, 12, first, between, rest, last);

/// A control message: MessagePack.
struct Control {
    std::uint64_t first = 0;
    std::string command = "set";
    std::string target = "camera/exposure";
    double value = 0.25;
    std::uint64_t last = 0;
};
MYCELIUM_FIELDS(Control, (1, first), (2, command), (3, target), (4, value), (5, last));

inline Arrival arrival_of(const Small& message) noexcept {
    return arrived(message.first, message.last);
}
inline Arrival arrival_of(const Relayed& message) noexcept {
    return arrived(message.first, message.last);
}
inline Arrival arrival_of(const Control& message) noexcept {
    return arrived(message.first, message.last);
}
inline Arrival arrival_of(const Bytes& message) noexcept {
    if (message.size() < 16) return {0, Arrival::Kind::wrong, false};
    return read_stamp(message.span());
}
inline Arrival arrival_of(const Block& message) noexcept { return read_stamp(message.bytes); }

/// Makes the messages of one sender. One thread.
template <class T>
class Maker {
public:
    explicit Maker(std::size_t, std::size_t = 1, bool = true) noexcept {}
    template <class Idle>
    const T& make(std::uint64_t number, Idle&&) noexcept {
        make_in(message_, number, nullptr);
        return message_;
    }
    /// The same in the caller's place.
    template <class Idle>
    void make_in(T& place, std::uint64_t number, Idle&&) noexcept {
        place.first = place.last = number;
    }

private:
    T message_;
};

/// Those that a transport copies are made in one place, of a batch in as many, as the bare
/// machine's are. Large ones, and those that pass within the process, are used again when nobody
/// reads them any more, as a sender does who fills them itself.
template <>
class Maker<Bytes> {
public:
    explicit Maker(std::size_t bytes, std::size_t at_once = 1, bool is_copied = true)
        : bytes_(bytes) {
        if (is_copied && bytes < large_bytes)
            places_.resize(bytes * at_once, std::byte{'x'});
        else
            pool_.emplace(bytes);
    }
    template <class Idle>
    Bytes make(std::uint64_t number, Idle&& idle) {
        if (!pool_) {
            const std::span place = std::span{places_}.subspan(next_, bytes_);
            next_ = next_ + bytes_ == places_.size() ? 0 : next_ + bytes_;
            stamp(place, number);
            return {place, nullptr};
        }
        std::shared_ptr<Block> block = pool_->take(number, idle);
        const std::span<const std::byte> view = block->bytes;
        return {view, std::move(block)};
    }
    template <class Idle>
    void make_in(Bytes& place, std::uint64_t number, Idle&& idle) {
        place = make(number, idle);
    }

private:
    std::size_t bytes_;
    std::vector<std::byte> places_;
    std::size_t next_ = 0;
    std::optional<BlockPool> pool_;
};

/// The object itself changes hands.
template <>
class Maker<Block> {
public:
    explicit Maker(std::size_t bytes, std::size_t = 1, bool = true) : pool_(bytes) {}
    template <class Idle>
    std::shared_ptr<const Block> make(std::uint64_t number, Idle&& idle) {
        return pool_.take(number, idle);
    }

private:
    BlockPool pool_;
};

}  // namespace mycelium::bench
