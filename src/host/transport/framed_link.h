// FramedLink: a link over any byte stream. Frames, batching, slow readers, acknowledgements.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/wire/fast_message.h"
#include "core/wire/notices.h"
#include "host/memory/block_pool.h"
#include "host/stream/descriptor_stream.h"
#include "host/transport/borrower.h"
#include "host/transport/gather.h"
#include "host/transport/lender.h"
#include "host/transport/link.h"
#include "host/transport/link_kind.h"
#include "host/transport/message_batch.h"
#include "host/transport/progress.h"
#include "host/transport/receive_buffer.h"
#include "host/transport/send_queue.h"

namespace mycelium::transport {

class FramedLink final : public Link {
public:
    FramedLink(std::unique_ptr<Stream> stream, Introduction introduction,
               std::shared_ptr<LinkHost> host, std::weak_ptr<LinkMaker> maker,
               std::shared_ptr<memory::BlockPool> pool);

    bool begin() override;
    void start(std::uint64_t epoch, std::uint64_t next_sequence) override;
    bool offer(std::span<const Message> messages, std::uint64_t now_ns) override;
    bool has_room(std::size_t messages, std::size_t bytes) const noexcept override;
    std::optional<bool> takes_frames() const noexcept override;
    bool admits(const Frames& frames) noexcept override;
    std::byte* frame_space(std::size_t bytes) noexcept override;
    bool offer_frames(const Frames& frames) override;
    void await_room() override { send_now(); }
    void send_now() override;
    void attend(bool is_attended) noexcept override { is_attended_ = is_attended; }
    bool offer_error(std::uint64_t call, const Error& error) override;
    void ask_for_acknowledgement() override;
    std::uint64_t written() const noexcept override { return queue_.begun(); }
    void demote() noexcept override { set_demoted(true); }
    bool is_demoted() const noexcept override { return is_demoted_; }
    void pause(bool is_paused) noexcept override;
    std::size_t queued_bytes() const noexcept override { return queue_.bytes(); }

    std::span<Message> receive(std::size_t limit) override;
    void preserve() override;
    bool may_have_more() const noexcept override { return may_have_more_; }
    void mark_readable() noexcept override { may_have_more_ = true; }
    bool prefetch() override;
    void handed_out(std::span<const Message> messages) override;
    void reject(Error error) override;
    void discard() override;
    void acknowledge() override;
    const wire::SequenceTracker& sequence() const noexcept override { return sequence_; }
    void resume_sequence(const wire::SequenceTracker& left) noexcept override { sequence_ = left; }

    int fd() const noexcept override { return stream_->fd(); }
    bool tick(std::uint64_t now_ns) override;
    LinkCounters counters() const noexcept override;
    const std::optional<Error>& closed() const noexcept override { return closed_; }
    void close(Error reason) override;
    void retire() override;

    void announce_port(std::uint32_t port) override;
    void call_ended(std::uint64_t now_ns) noexcept override { gather_.sent(now_ns); }
    bool borrows() const noexcept override { return borrower_ != nullptr; }
    bool lends() const noexcept override {
        return passing_ != nullptr && !lending_failed_ && ours_.pattern == wire::Pattern::publisher;
    }
    void prepare_loan() override;

private:
    bool is_pubsub() const noexcept { return ours_.pattern <= wire::Pattern::subscriber; }
    bool drops_oldest() const noexcept {
        return theirs().slow == SlowReader::drop_oldest || is_demoted_;
    }
    const wire::Hello& theirs() const noexcept { return peer_; }
    void set_demoted(bool is_demoted) noexcept {
        is_demoted_ = is_demoted;
        writing_.is_demoted = is_demoted;
    }

    // Sending.
    void offer_all(std::span<const Message> messages, std::uint64_t now_ns);
    bool gathers(std::size_t messages, std::uint64_t now_ns) noexcept {
        return is_pubsub() && peer_.slow != SlowReader::latest && gather_.publish(now_ns, messages);
    }
    void send_or_gather(bool gathers, std::uint64_t now_ns);
    bool owes_notice() noexcept;
    bool place_all(std::span<const Message> messages, bool collect);
    bool leave_out(const Message& message);
    bool pass_over(const Message& message, DropReason reason);
    void tell_passed_over();
    void send_control_frame(std::span<const std::byte> payload, bool collect);
    /// False: it is neither queued nor has it begun to leave.
    bool send_frame(Header header, std::span<const std::byte> extension, const Payload& payload,
                    bool collect);
    bool make_room(std::size_t bytes);
    void drop_front(DropReason reason);
    void count_dropped(DropReason reason) noexcept {
        ++writing_.dropped[static_cast<std::size_t>(reason)];
    }
    bool place(const Message& message, bool collect);
    void tell_queue() noexcept;
    void send_control_bytes(std::span<const std::byte> payload);
    bool offer_plain(const Message& message);
    bool came_as_json(std::uint64_t call) { return json_calls_.erase(call) != 0; }
    void put_gap_first();
    void write_queue();

    // Loans that pass by descriptor.
    stream::DescriptorStream* passing() noexcept;
    void tell_segments();
    void put_notice(std::span<const std::byte> payload, int descriptor = -1,
                    std::shared_ptr<const void> owner = nullptr);
    std::optional<Reference> lend(const Message& message);
    bool send_reference(Header header, const Reference& reference, bool collect);
    bool take_lending_notice(const wire::FastMessage& notice);
    Result<void> take_mapped(const wire::FastMessage& notice);
    Result<void> take_segment(const wire::FastMessage& notice);
    Result<void> dereference(ReceivedFrame& frame);

    // Receiving.
    void fill_batch(std::size_t limit);
    bool take_next();
    bool take_plain(std::size_t limit);
    bool take_frame(ReceivedFrame&& frame);
    bool take_data(ReceivedFrame&& frame);
    bool take_control(ReceivedFrame&& frame);
    bool take_notice(const wire::FastMessage& notice);
    bool take_acknowledgement(const wire::Ack& ack);
    bool take_plain_call(wire::FastMessage&& call, ReceivedFrame&& frame);
    void keep_only_newest();
    void count_plain(std::span<const Message> messages) noexcept;
    void count_one(const Message& message) noexcept;
    void note_unreported(std::size_t messages, std::uint64_t bytes);
    void count_gap(const Message& message) noexcept;
    void broken(Error error);
    void writing_broke(int error_number);

    const std::unique_ptr<Stream> stream_;
    const std::shared_ptr<LinkHost> host_;
    const std::weak_ptr<LinkMaker> maker_;
    const std::shared_ptr<memory::BlockPool> pool_;
    const wire::Hello ours_;
    const bool is_plain_;
    const bool is_checked_;
    const bool is_latest_reader_;
    const bool is_plain_reader_;  // a subscriber that is shown all that comes

    os::Fd pidfd_;  // identity_'s, watched by the driver
    std::optional<Error> closed_;

    SendQueue queue_;
    Gather gather_;
    bool is_demoted_ = false;
    bool cannot_write_ = false;  // the peer has closed its end
    bool wants_writable_ = false;
    bool is_attended_ = false;
    std::uint64_t first_queued_ns_ = 0;
    std::set<std::uint64_t> json_calls_;  // open calls of a plain peer that came as JSON
    Missed front_gap_;                    // dropped from the front of the queue, not yet told
    std::uint64_t front_gap_next_ = 0;
    const bool filters_;             // as writer: the reader wants only some types
    std::vector<std::byte> answer_;  // to the hello, until begin()
    bool is_paused_ = false;
    std::size_t gaps_queued_ = 0;  // since the queue was empty
    Missed passed_over_;           // not put into the queue, not yet told
    std::uint64_t passed_over_next_ = 0;
    bool may_owe_notice_ = false;                       // of one of these two
    memory::telemetry::Writing<base::Count>& writing_;  // parts of *cell_
    memory::telemetry::Settled<base::Count>& settled_;
    memory::telemetry::Reading<base::Count>& reading_;
    std::array<std::uint64_t, drop_reason_count> dropped_there_{};  // as writer, told by the reader
    std::array<std::uint64_t, drop_reason_count> dropped_reading_{};  // as reader
    std::uint64_t finished_ = 0;                                      // as reader
    std::uint64_t conflated_ = 0;  // as reader, before the message that is handed out next
    Progress progress_;
    std::uint64_t sampled_stamp_ = 0;  // as reader: of the message whose latency was noted last
    bool is_ticking_ = false;

    /// What an earlier batch refers to.
    struct Preserved {
        MessageBatch batch;
        std::vector<std::vector<std::byte>> decoded;
        std::optional<Loan<Bytes>> block;
    };

    ReceiveBuffer received_;
    std::optional<Io> ended_;  // how a prefetch found the stream
    Preserved preserved_;
    MessageBatch batch_;
    std::vector<std::vector<std::byte>> decoded_;  // payloads that were converted for the batch
    wire::SequenceTracker sequence_;
    bool may_have_more_ = true;
    bool acknowledgement_asked_ = false;
    bool acknowledgement_wanted_ = false;
    std::uint64_t reported_ = 0;  // sum of what was acknowledged
    std::uint64_t unreported_bytes_ = 0;

    stream::DescriptorStream* passing_ = nullptr;  // stream_, if loans may pass by descriptor
    bool lending_failed_ = false;                  // a notice of it could not be sent
    std::shared_ptr<Lender> lender_;               // of the writing end, once there is a loan
    std::unique_ptr<Borrower> borrower_;           // of the reading one
};

}  // namespace mycelium::transport
