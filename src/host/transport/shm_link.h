// ShmLink: a link through shared memory. Its socket carries the introduction, descriptors and
// wake-ups; messages do not pass through it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/fast_message.h"
#include "core/wire/notices.h"
#include "host/memory/block_pool.h"
#include "host/os/barrier.h"
#include "host/stream/descriptor_stream.h"
#include "host/transport/inlet.h"
#include "host/transport/link.h"
#include "host/transport/link_kind.h"
#include "host/transport/outlet.h"
#include "host/transport/progress.h"

namespace mycelium::transport {

/// Publishers write, subscribers read; the two ends of a call do both, through a log in each
/// direction.
class ShmLink final : public Link {
public:
    /// `stream` is a DescriptorStream.
    ShmLink(std::unique_ptr<Stream> stream, Introduction introduction,
            std::shared_ptr<LinkHost> host, std::weak_ptr<LinkMaker> maker,
            std::shared_ptr<memory::BlockPool> pool);

    bool begin() override;
    void start(std::uint64_t epoch, std::uint64_t next_sequence) override;
    bool offer(std::span<const Message> messages, std::uint64_t now_ns) override;
    bool has_room(std::size_t messages, std::size_t bytes) const noexcept override;
    void await_room() override {}
    void before_write() override;
    bool offer_written(std::size_t messages, std::size_t bytes, const Header& last,
                       bool has_room) override;
    void send_now() override;
    bool offer_error(std::uint64_t call, const Error& error) override;
    void ask_for_acknowledgement() override;
    std::uint64_t written() const noexcept override;
    void demote() noexcept override;
    bool is_demoted() const noexcept override { return reader_ && reader_->is_demoted(); }
    void pause(bool is_paused) noexcept override;
    std::size_t queued_bytes() const noexcept override { return waiting_bytes_; }

    std::span<Message> receive(std::size_t limit) override;
    void preserve() override;
    bool may_have_more() const noexcept override;
    bool prefetch() override { return may_have_more(); }
    void mark_readable() noexcept override { is_readable_ = true; }
    void handed_out(std::span<const Message> messages) override;
    void reject(Error error) override;
    void discard() override;
    void acknowledge() override {}
    const wire::SequenceTracker& sequence() const noexcept override { return sequence_; }
    void resume_sequence(const wire::SequenceTracker& left) noexcept override { sequence_ = left; }

    int fd() const noexcept override { return stream_->fd(); }
    bool is_quiet() const noexcept override { return true; }
    void read_news() override;
    os::SleepWord* sleep_word() noexcept override;
    os::SleepWord* room_word() noexcept override;
    bool tick(std::uint64_t) override { return false; }
    LinkCounters counters() const noexcept override;
    const std::optional<Error>& closed() const noexcept override { return closed_; }
    void close(Error reason) override;
    void retire() override;
    void announce_port(std::uint32_t port) override;

private:
    bool is_pubsub() const noexcept { return ours_.pattern <= wire::Pattern::subscriber; }
    bool is_writer() const noexcept { return ours_.pattern != wire::Pattern::subscriber; }
    bool is_reader() const noexcept { return ours_.pattern != wire::Pattern::publisher; }

    // Writing.
    void begin_writing(std::uint64_t next_sequence);
    Result<void> attach(std::uint64_t next_sequence);
    Result<os::SharedMemory> past_segment() const;
    Result<void> tell_segments();
    bool send_notice(std::span<const std::byte> payload, std::span<const int> descriptors);
    void write_call(const Message& message);
    bool write_now(const Message& message);
    void leave_outlet() noexcept;
    void ring_reader() noexcept;

    // Reading.
    void fill_batch(std::size_t limit);
    std::span<Message> slots(std::size_t limit);
    bool keep(const Message& taken);
    bool keep_simple(const Message& taken);
    void find_missed(Message& message) noexcept;
    void count_missed(const Missed& missed) noexcept;
    void clear_batch() noexcept;
    Result<void> give_payload(Message& message, std::span<const std::byte> payload,
                              bool is_referenced);
    Result<Bytes> held(const Reference& reference);
    bool drop_here(const Header& header, DropReason reason);
    bool is_of_this_pattern(CallKind kind) const noexcept;

    // News.
    void read_socket();
    bool take_frame(const Header& header, std::span<const std::byte> payload);
    Result<void> take_notice(const wire::FastMessage& notice);
    Result<void> take_attach(const wire::Attach& attach);
    void broken(Error error);
    void tell_drops() noexcept;

    const std::shared_ptr<stream::DescriptorStream>
        stream_;  // also of samples, to tell their release
    const std::shared_ptr<LinkHost> host_;
    const std::weak_ptr<LinkMaker> maker_;
    const std::shared_ptr<memory::BlockPool> pool_;
    const wire::Hello ours_;
    const std::uint64_t message_bytes_max_;
    os::Fd pidfd_;  // identity_'s, watched by the driver
    std::optional<Error> closed_;
    memory::telemetry::Writing<base::Count>& writing_;
    memory::telemetry::Settled<base::Count>& settled_;
    memory::telemetry::Reading<base::Count>& reading_;

    // Writing. The outlet is the port's (publisher) or this link's (calls).
    std::shared_ptr<Outlet> outlet_;
    std::shared_ptr<OutletReader> reader_;
    const bool is_reachable_ = os::reachable_by_barriers();
    std::uint64_t epoch_ = 0;
    std::uint64_t start_sequence_ = 0;
    std::vector<Message> past_;         // offered before the reader was attached
    std::uint64_t past_messages_ = 0;   // how many those were
    std::uint64_t begin_sequence_ = 0;  // of the first one in the log
    std::uint64_t drops_told_ = 0;
    std::uint64_t end_sequence_ = 0;  // behind the last one there
    std::deque<Message>
        waiting_;  // calls for which the log has no space now; they own their payloads
    std::size_t waiting_bytes_ = 0;

    // Reading.
    const bool filters_;  // only some types are asked for
    std::unique_ptr<Inlet> inlet_;
    wire::SequenceTracker sequence_;
    Progress progress_;
    std::uint64_t sampled_stamp_ = 0;  // of the message that told last how long it took
    std::vector<Message> batch_;       // used again: the first batch_size_ are what was received
    std::size_t batch_size_ = 0;
    std::size_t last_taken_ = 0;  // slots that the last look filled
    bool has_origins_ = false;    // slots may have those of earlier messages
    bool is_batch_plain_ = true;  // no slot has an owner, a call, or anything missed
    std::size_t used_slots_ = 0;  // of those that have one, the last, counted from one
    std::vector<Message> preserved_;
    std::vector<std::byte> preserved_space_;

    // News.
    std::vector<std::byte> answer_;  // to the hello, until begin()
    std::vector<std::byte> news_;
    bool is_readable_ = false;  // the socket has news
    bool has_ended_ = false;    // the socket has
};

}  // namespace mycelium::transport
