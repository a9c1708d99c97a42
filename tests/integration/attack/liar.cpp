#include "liar.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "core/wire/extension.h"
#include "core/wire/frame.h"
#include "core/wire/header.h"
#include "core/wire/notices.h"
#include "host/transport/reference.h"
#include "stamped.h"

namespace mycelium::attack {

using testing_support::Buffer;
using testing_support::frame_of;
using testing_support::RawPeer;

namespace {

constexpr std::size_t own_log_bytes = 64 * KiB;

Buffer control_frame(std::span<const std::byte> payload) {
    return frame_of(payload, flag_control | flag_unchecked);
}

}  // namespace

Liar::Liar(const std::string& url, const wire::Hello& hello, std::mt19937_64& random)
    : random_(random), pattern_(hello.pattern) {
    try {
        peer_.emplace(RawPeer::connect(url));
    } catch (const std::runtime_error&) {
        return;
    }
    if (!peer_->introduce(hello).empty()) {
        peer_.reset();
        return;
    }
    if (pattern_ != wire::Pattern::publisher) begin_reading();
    if (pattern_ != wire::Pattern::subscriber) begin_writing();
}

void Liar::begin_reading() {
    while (auto frame = peer_->read_frame()) {
        const auto notice = wire::decode_fast_message(frame->payload);
        if (!notice || notice->method != wire::method_attach) continue;
        auto subscription = os::SharedMemory::open(
            peer_->take_descriptor(), os::SharedMemory::Kind::subscription,
            sizeof(memory::SubscriptionLayout), sizeof(memory::SubscriptionLayout));
        auto log = os::SharedMemory::open(peer_->take_descriptor(), os::SharedMemory::Kind::log,
                                          memory::log_data_offset, GiB);
        if (!subscription || !log) break;
        subscription_ = *std::move(subscription);
        log_ = *std::move(log);
        return;
    }
    peer_.reset();
}

void Liar::begin_writing() {
    memory::LogHeader identity;
    identity.epoch = 77;
    own_log_ = memory::LogWriter::create(own_log_bytes, identity).value();
    own_subscription_ = memory::SubscriptionWriter::create({.begin_sequence = 1}).value();
    const std::array<int, 2> descriptors{own_subscription_->memory().fd(), own_log_->memory().fd()};
    send_notice(wire::encode_attach({.epoch = 77, .next_sequence = 1, .has_past = 0}), descriptors);
}

bool Liar::is_closed() { return !peer_ || peer_->is_closed(std::chrono::milliseconds{1}); }

void Liar::send_notice(std::span<const std::byte> payload, std::span<const int> descriptors) {
    (void)peer_->send_with(control_frame(payload), descriptors);
}

Lie Liar::send_segment() {
    const std::size_t bytes = 4 * KiB << random_() % 9;
    auto memory = os::SharedMemory::create("lie", bytes, os::SharedMemory::Kind::log);
    if (!memory) return Lie::none;
    stamp(memory->span().first(4 * KiB), liars_numbers + next_);
    const std::array<int, 1> descriptor{memory->fd()};
    const bool is_numbered_oddly = chance(4), is_sized_oddly = chance(20);
    const auto number =
        static_cast<std::uint32_t>(is_numbered_oddly ? odd() : segments_.size() + 1);
    send_notice(wire::encode_segment({.number = number, .bytes = is_sized_oddly ? odd() : bytes}),
                descriptor);
    segments_.push_back(*std::move(memory));
    return is_numbered_oddly || is_sized_oddly ? Lie::segment : Lie::none;
}

std::uint64_t Liar::odd() {
    switch (random_() % 8) {
        case 0:
            return random_() % 4;
        case 1:
            return UINT64_MAX - random_() % 3;
        case 2:
            return std::uint64_t{1} << random_() % 64;
        case 3:
            return subscription_ ? theirs().head.load() + random_() % 3 - 1 : next_;
        case 4:
            return next_ + random_() % 5 - 2;
        case 5:
            return std::uint64_t{1} << 32 | random_() % 16;
        case 6:
            return random_() % (2 * own_log_bytes);
        default:
            return random_();
    }
}

Lie Liar::lie() {
    if (!peer_) return Lie::none;
    if (chance(12)) return lie_on_the_socket();
    if (subscription_ && (!own_log_ || chance(2))) return lie_as_reader();
    return lie_as_writer();
}

Lie Liar::lie_as_reader() {
    auto& layout = theirs();
    auto& metadata =
        *reinterpret_cast<memory::LogMetadata*>(log_->data() + sizeof(memory::LogHeader));
    switch (random_() % 14) {
        case 0:
            if (!chance(20)) break;
            layout.head.store(odd());
            return Lie::head;
        case 1:
            if (!chance(4)) break;
            layout.head.fetch_add(1 + random_() % 2);
            return Lie::step_of_head;
        case 2:
            if (!chance(10)) break;
            layout.released.fetch_add(1 + random_() % 4);
            return Lie::count_of_released;
        case 3:
            layout.ring[random_() % memory::release_ring_entries].store(odd());
            return Lie::released_ticket;
        case 4:
            layout.settled.store(odd());
            return Lie::settled;
        case 5:
            layout.dropped[random_() % drop_reason_count].store(odd());
            return Lie::dropped;
        case 6:
            layout.reader_sleeps.store(static_cast<std::uint32_t>(odd()));
            return Lie::sleep_word;
        case 7:
            layout.writer_sleeps.store(static_cast<std::uint32_t>(odd()));
            return Lie::sleep_word;
        case 8:
            layout.slots[random_() % 2].sequence.store(odd());
            layout.slots[random_() % 2].position.store(odd());
            return Lie::slot;
        case 9: {
            const std::size_t words = offsetof(memory::SubscriptionLayout, head) / 8;
            const std::uint64_t word = odd();
            std::memcpy(subscription_->data() + random_() % words * 8, &word, 8);
            return Lie::header_of_subscription;
        }
        case 10:
            layout.is_reader_reachable.store(odd());
            return Lie::reachable;
        default:
            break;
    }
    // As an honest reader would.
    layout.head.store(metadata.next_sequence.load(std::memory_order_acquire));
    return Lie::none;
}

memory::SharedWord& Liar::own_word(std::uint64_t offset) noexcept {
    return *reinterpret_cast<memory::SharedWord*>(own_log_->memory().data() + offset / 8 * 8);
}

/// Inline or by reference, mostly well-formed.
Lie Liar::write_record() {
    Lie told = Lie::none;
    Header header;
    header.flags = flag_unchecked;
    header.sequence = next_;
    std::array<std::byte, 1024> space;
    std::size_t size = 0;
    if (pattern_ != wire::Pattern::publisher) {
        CallInfo call;
        call.kind = static_cast<CallKind>(random_() % 6);
        call.id = random_() % 64;
        size = wire::encode_extension(call, space);
        header.flags |= flag_extended;
    }
    if (chance(3)) {
        header.flags |= flag_referenced;
        transport::Reference reference{
            static_cast<std::uint32_t>(1 + random_() % (segments_.size() + 1)),
            random_() % 2 * 4 * KiB, 4 * KiB, odd()};
        if (reference.segment > segments_.size()) told = Lie::reference;
        for (std::uint64_t* const word : {&reference.offset, &reference.size}) {
            if (!chance(8)) continue;
            *word = odd();
            told = Lie::reference;
        }
        const auto bytes = reference.encode();
        std::copy(bytes.begin(), bytes.end(), space.begin() + static_cast<std::ptrdiff_t>(size));
        size += bytes.size();
    } else {
        const std::size_t inline_bytes = 8 + random_() % 800;
        stamp(std::span{space}.subspan(size, inline_bytes), liars_numbers + next_);
        size += inline_bytes;
    }
    if (chance(30)) {
        header.flags = static_cast<std::uint8_t>(random_());
        told = Lie::flags_of_record;
    }
    std::array<std::byte, header_bytes> head;
    const auto payload = std::span<const std::byte>{space}.first(size);
    wire::encode_frame(header, false, payload, {}, head);
    if (chance(30)) {
        head[random_() % head.size()] = static_cast<std::byte>(random_());
        told = Lie::head_of_record;
    }
    if (!own_log_->reserve(memory::record_bytes(size))) return Lie::none;
    wire::HeaderWords words;
    std::memcpy(words.data(), head.data(), head.size());
    words[1] = next_;
    own_log_->append(words, payload, {});
    own_log_->commit();
    ++next_;
    return told;
}

Lie Liar::lie_as_writer() {
    if (chance(4) && os::ring(ours().reader_sleeps) == os::Wake::by_socket)
        (void)peer_->send(Buffer(1), Duration{0});
    switch (random_() % 16) {
        case 0:
            own_word(random_() % own_log_->memory().size()).store(odd());
            return Lie::word_of_log;
        case 1:
            if (!chance(8)) break;
            own_word(memory::log_data_offset + own_log_->position() % own_log_->capacity() +
                     memory::commit_offset)
                .store(chance(2) ? memory::pad_bit | next_ : odd());
            return Lie::commit_word_ahead;
        case 2:
            if (!chance(20)) break;
            ours().head.store(odd());
            return Lie::own_head;
        case 3:
            ours().slots[random_() % 2].sequence.store(odd());
            ours().slots[random_() % 2].position.store(odd());
            return Lie::own_slot;
        case 4:
            if (!chance(8)) break;
            ours().slots[random_() % 2].dropped[random_() % 8].store(odd());
            return Lie::own_drops;
        case 5: {  // moves the head as a real one would, but to anywhere
            if (!chance(8)) break;
            const std::uint64_t head = ours().head.load();
            const std::uint64_t to = chance(4) ? odd() : head + random_() % 4;
            ours().slots[random_() % 2].position.store(chance(2) ? own_log_->position() : odd());
            ours().slots[random_() % 2].sequence.store(to);
            std::uint64_t expected = head;
            ours().head.compare_exchange_strong(expected, to);
            return Lie::move_of_head;
        }
        case 6:
            ours().reader_sleeps.store(static_cast<std::uint32_t>(odd()));
            ours().writer_sleeps.store(static_cast<std::uint32_t>(odd()));
            return Lie::own_sleep_words;
        case 7: {
            const std::uint64_t word = odd();
            std::memcpy(own_subscription_->memory().data() +
                            random_() % (sizeof(memory::SubscriptionHeader) / 8) * 8,
                        &word, 8);
            return Lie::own_header;
        }
        case 8:
            if (segments_.empty()) break;
            segments_[random_() % segments_.size()].data()[random_() % (4 * KiB)] =
                static_cast<std::byte>(random_());
            return Lie::chunk_under_reader;
        case 9:
            if (segments_.size() >= 20 || !chance(4)) break;
            return send_segment();
        case 10:
            ours().ring[random_() % memory::release_ring_entries].store(odd());
            return Lie::own_ring;
        default:
            break;
    }
    return write_record();
}

Lie Liar::lie_on_the_socket() {
    const auto number = static_cast<std::uint32_t>(odd());
    switch (random_() % 40) {
        case 0:
            send_notice(wire::encode_attach({.epoch = 1, .next_sequence = 1, .has_past = 0}), {});
            return Lie::second_attach;
        case 1:
            send_notice(wire::encode_segment({.number = number, .bytes = odd()}), {});
            return Lie::segment_without_memory;
        case 2: {
            Buffer noise(1 + random_() % 100);
            for (auto& byte : noise) byte = static_cast<std::byte>(random_());
            (void)peer_->send(noise, Duration{0});
            return Lie::noise;
        }
        case 3: {
            const std::array<int, 2> descriptors{peer_->fd(), peer_->fd()};
            send_notice(wire::encode_unmap({.number = number}), descriptors);
            return Lie::foreign_descriptors;
        }
        case 4:
            (void)peer_->send(frame_of(Buffer(random_() % 100)), Duration{0});
            return Lie::data_frame;
        case 5:
            send_notice(wire::encode_ack({}), {});
            return Lie::acknowledgement;
        case 6:
        case 7:
            send_notice(wire::encode_unmap({.number = number % 20}), {});
            return Lie::unmap;
        case 8:
            send_notice(wire::encode_port_added({number}), {});
            return Lie::port;
        default: {
            const Buffer bells(1 + random_() % 200);
            (void)peer_->send(bells, Duration{0});
            return Lie::bells;
        }
    }
}

wire::Hello liars_hello(const std::string& role, std::mt19937_64& random) {
    const auto of = [](wire::Pattern pattern) {
        const bool is_call = pattern >= wire::Pattern::requester;
        return testing_support::hello_of(pattern, schema_of<Bytes>(),
                                         is_call ? schema_of<Bytes>() : any_schema());
    };
    if (role == "publisher") return of(wire::Pattern::publisher);
    if (role == "requester") return of(wire::Pattern::requester);
    if (role == "replier") return of(wire::Pattern::replier);
    wire::Hello hello = of(wire::Pattern::subscriber);
    constexpr SlowReader policies[] = {SlowReader::block, SlowReader::drop_oldest,
                                       SlowReader::latest, SlowReader::disconnect};
    hello.slow = policies[random() % 4];
    if (random() % 2 == 0) hello.queue_messages_max = 1 + random() % 50;
    return hello;
}

int play_liar(const conformance::Part& part, conformance::Channel& channel) {
    std::mt19937_64 random{part.number("seed", 1)};
    const std::uint64_t all = part.number("lies", 1000);
    Lies lies;
    std::uint64_t links = 0;
    for (; lies.total() < all; ++links) {
        Liar liar{part.text("url"), liars_hello(part.text("role"), random), random};
        for (std::uint64_t i = 0; i < 1000 && lies.total() < all; ++i) {
            lies.add(liar.lie());
            if (i % 20 == 19 && liar.is_closed()) break;
        }
    }
    channel.say("told " + std::to_string(lies.total()) + " lies on " + std::to_string(links) +
                " links");
    while (channel.hear(std::chrono::hours{1})) {
    }
    return 0;
}

}  // namespace mycelium::attack
