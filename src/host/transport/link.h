// Link: an ordered path of whole messages between two ports. LinkHost: the port, as its transports
// see it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <mycelium/ext/message.h>
#include <mycelium/ext/stream.h>
#include <mycelium/result.h>

#include "core/wire/hello.h"
#include "core/wire/sequence.h"
#include "host/memory/telemetry.h"
#include "host/os/doorbell.h"
#include "host/os/sleep_word.h"

namespace mycelium::memory {
class SharedPool;
}

namespace mycelium::transport {

class Lenders;
class Outlet;

/// What one end of a link has counted so far. Each number is counted where it happens, none is
/// computed from the others: sent = delivered + dropped + in flight is a check.
struct LinkCounters {
    std::uint64_t sent = 0;       ///< offered at this end
    std::uint64_t delivered = 0;  ///< handed out at the other end, as far as known
    std::array<std::uint64_t, drop_reason_count> dropped{};  ///< of `sent`
    std::uint64_t queued = 0;                                ///< still at this end
    std::uint64_t away = 0;      ///< have begun to leave, and the other end is not known to be done
                                 ///< with them
    std::uint64_t bytes = 0;     ///< payload bytes of `sent`
    std::uint64_t received = 0;  ///< handed out at this end
    Missed missed;               ///< told to this end

    std::uint64_t dropped_total() const noexcept {
        std::uint64_t sum = 0;
        for (auto n : dropped) sum += n;
        return sum;
    }
    std::uint64_t in_flight() const noexcept { return queued + away; }
    bool is_balanced() const noexcept { return sent == delivered + dropped_total() + in_flight(); }
    /// The link has ended: what is still in flight has gone.
    void count_rest(DropReason why) noexcept {
        dropped[static_cast<std::size_t>(why)] += in_flight();
        queued = away = 0;
    }
};

/// What a link's cell says of it, in the words of its arguments.
memory::LinkFacts facts_of(const std::string& url, const wire::Hello& ours,
                           const wire::Hello& theirs, const PeerIdentity& identity) noexcept;

/// Are there messages of a writer which a reader of its did not ask for?
inline bool filters(const wire::Hello& writer, const wire::Hello& reader) noexcept {
    return !reader.types.is_empty() && reader.pattern == wire::Pattern::subscriber &&
           (writer.type.form == Form::bytes || writer.type.form == Form::any);
}

struct InprocValue;

/// Small messages of one publish call as whole frames behind one another: the bytes that a stream
/// carries, made once for all links that take them.
struct Frames {
    std::size_t messages = 0;
    std::size_t payload_bytes = 0;
    std::size_t payload_bytes_max = 0;  ///< of one
    std::size_t bytes = 0;              ///< with their headers
    std::uint64_t last_sequence = 0;
    std::uint64_t timestamp = 0;  ///< of all
};

/// Never blocks, owns no thread. Every call is made with the lock of the port that holds it, unless
/// it says otherwise.
class Link {
public:
    explicit Link(std::shared_ptr<memory::LinkCell> cell) noexcept : cell_(std::move(cell)) {}
    virtual ~Link() = default;

    const wire::Hello& peer() const noexcept { return peer_; }
    const std::string& url() const noexcept { return url_; }
    const PeerIdentity& identity() const noexcept { return identity_; }
    /// One address space and one type: payloads cross as objects.
    bool shares_objects() const noexcept { return shares_objects_; }
    /// Where it counts.
    memory::LinkCell& cell() const noexcept { return *cell_; }

    /// The port is about to hold it: answers the peer's hello, if this end was dialled. Whoever has
    /// that answer misses nothing that is sent from then on. False: the peer has gone.
    virtual bool begin() { return true; }

    // The writing end.

    /// Publisher: tells the reader at which number this link begins. Before the first offer.
    virtual void start(std::uint64_t epoch, std::uint64_t next_sequence) = 0;
    /// Takes all messages, or none because the link has ended. What its subscription's policy drops
    /// is counted and told. Objects need an owner if shares_objects(), bytes need none. `now_ns`:
    /// of the Unix clock.
    virtual bool offer(std::span<const Message> messages, std::uint64_t now_ns) = 0;
    /// Within one process: takes values one by one, as they are.
    virtual bool is_lane() const noexcept { return false; }
    /// Of a lane: the reader sees them after commit(), which is false if the link has ended.
    /// Whatever becomes of them is counted.
    virtual void append(InprocValue&&) {}
    virtual bool commit() { return false; }
    /// The publish call has ended in which this link and others of the port were offered something:
    /// what it took is no pause of the publisher's.
    virtual void call_ended(std::uint64_t /*now_ns*/) noexcept {}
    /// Can a `block` subscription take this much more without exceeding its limits?
    virtual bool has_room(std::size_t messages, std::size_t bytes) const noexcept = 0;
    /// The port is about to sleep until there is room: make sure that its bell rings, or its
    /// descriptor is writable.
    virtual void await_room() = 0;
    /// The same of messages that were written to where several links read them, `last` the last one
    /// of them. `has_room`: no policy has anything to decide.
    virtual bool offer_written(std::size_t /*messages*/, std::size_t /*bytes*/,
                               const Header& /*last*/, bool /*has_room*/) {
        return false;
    }
    /// Does it send small publications as frames that others make, and with a checksum in them?
    /// None: it does not. Constant.
    virtual std::optional<bool> takes_frames() const noexcept { return std::nullopt; }
    /// May it be offered these, with nothing to decide by a policy and nothing to tell before?
    /// `frames.bytes` is an upper bound.
    virtual bool admits(const Frames&) noexcept { return false; }
    /// Where to write them; valid until the next other call. Null: no memory.
    virtual std::byte* frame_space(std::size_t /*bytes*/) noexcept { return nullptr; }
    /// offer() of what was written there. Only of frames that it admits.
    virtual bool offer_frames(const Frames&) { return false; }
    /// Could loans pass over it by descriptor?
    virtual bool lends() const noexcept { return false; }
    /// Does the peer lend: do its large messages lie where this process only looks at them?
    virtual bool borrows() const noexcept { return false; }
    /// One was taken from the port's shared pool: tells the reader where that lies.
    virtual void prepare_loan() {}
    /// Before the messages are written to where several links read them: once for each publish.
    virtual void before_write() {}
    virtual void send_now() = 0;
    /// Of one whose socket takes less than offered: somebody calls send_now() again soon, so that
    /// it need not ask for want_writable().
    virtual void attend(bool /*is_attended*/) noexcept {}
    /// An error answer to call `id`.
    virtual bool offer_error(std::uint64_t call, const Error& error) = 0;
    /// Asks the reader to acknowledge at once what it has handed out.
    virtual void ask_for_acknowledgement() = 0;
    /// How many of the messages offered have begun to leave this process.
    virtual std::uint64_t written() const noexcept = 0;
    /// From now on until it has caught up, a `block` reader is served as drop_oldest.
    virtual void demote() noexcept = 0;
    virtual bool is_demoted() const noexcept = 0;
    /// A paused reader is given nothing: what it misses is dropped for that reason.
    virtual void pause(bool is_paused) noexcept = 0;
    virtual std::size_t queued_bytes() const noexcept = 0;

    // The reading end.

    /// Up to `limit` messages that have arrived; valid until the next receive() of this link.
    /// Empty: none now, or closed.
    virtual std::span<Message> receive(std::size_t limit) = 0;
    /// What the last receive() returned stays valid beyond the next one, as long as the link lives
    /// or until the next preserve().
    virtual void preserve() = 0;
    /// False: receive() would find nothing until the descriptor is readable.
    virtual bool may_have_more() const noexcept = 0;
    virtual void mark_readable() noexcept {}
    /// Of a link with a descriptor: reads what has come, for the next receive(). True: that may
    /// find something. Ends the validity of what the last one returned.
    virtual bool prefetch() { return false; }
    /// These messages of those received were handed to the user, in order.
    virtual void handed_out(std::span<const Message> messages) = 0;
    /// The message handed out last could not be decoded: it counts as dropped here, and the link
    /// ends.
    virtual void reject(Error error) = 0;
    /// The same, but the link goes on.
    virtual void discard() = 0;
    /// Reports to the writer what was handed out and dropped here, if it does not know yet.
    virtual void acknowledge() = 0;
    virtual const wire::SequenceTracker& sequence() const noexcept = 0;
    /// Goes on from where an earlier link to the same publisher left off.
    virtual void resume_sequence(const wire::SequenceTracker& left) noexcept = 0;

    // Both.

    /// For poll; -1: rings the bell instead.
    virtual int fd() const noexcept = 0;
    /// Its messages come through memory; its descriptor brings news about the link, and wakes
    /// whoever polls it.
    virtual bool is_quiet() const noexcept { return false; }
    /// Reads that news. Of a quiet link.
    virtual void read_news() {}
    /// Where a port sleeps until this link's peer has written, or has made room; null: elsewhere.
    /// Valid as long as the link. Whoever is about to sleep marks it with an exchange, calls
    /// os::barrier_everywhere() and looks once more.
    virtual os::SleepWord* sleep_word() noexcept { return nullptr; }
    virtual os::SleepWord* room_word() noexcept { return nullptr; }
    /// Tells the peer that its URL here has one more port.
    virtual void announce_port(std::uint32_t) {}
    /// Sends the tail of a burst; true: look again in a moment. The driver's.
    virtual bool tick(std::uint64_t now_ns) = 0;
    virtual LinkCounters counters() const noexcept = 0;
    /// Why it has ended, once everything that arrived before has been received.
    virtual const std::optional<Error>& closed() const noexcept = 0;
    /// Ends it from this side; the peer sees a hang-up.
    virtual void close(Error reason) = 0;
    /// The peer's process is gone although its socket may still be open elsewhere. Any thread.
    void peer_died() noexcept { peer_died_.store(true, std::memory_order_release); }
    bool has_peer_died() const noexcept { return peer_died_.load(std::memory_order_acquire); }
    /// The driver saw a hang-up. Any thread.
    void hang_up() noexcept { hung_up_.store(true, std::memory_order_release); }
    bool is_hung_up() const noexcept {
        return hung_up_.load(std::memory_order_acquire) || has_peer_died();
    }
    /// The port has let go of it: on the driver's thread, once, without the port's lock.
    virtual void retire() = 0;

    /// The port's number for it.
    std::uint64_t id = 0;
    /// The reactor's watch of it; the driver's.
    std::uint64_t watch = 0;
    std::uint64_t pid_watch = 0;

protected:
    wire::Hello peer_;
    std::string url_;
    PeerIdentity identity_;
    bool shares_objects_ = false;
    const std::shared_ptr<memory::LinkCell> cell_;

private:
    std::atomic<bool> peer_died_{false};
    std::atomic<bool> hung_up_{false};
};

/// Any thread, without locks of the caller's.
class LinkHost {
public:
    virtual ~LinkHost() = default;
    virtual wire::Pattern pattern() const noexcept = 0;
    virtual std::uint32_t number() const noexcept = 0;
    /// What to tell a peer at `url` now. A subscriber says where it left off with the publisher
    /// numbered `port` there.
    virtual wire::Hello hello(const std::string& url, std::optional<std::uint32_t> port) = 0;
    /// The types by identity, where both ends are in one process.
    virtual const Schema& schema() const noexcept = 0;
    virtual const Schema& answer_schema() const noexcept = 0;
    /// Where the port sleeps.
    virtual std::shared_ptr<os::Doorbell> bell() = 0;
    virtual std::uint64_t message_bytes_max() const noexcept = 0;
    /// A place to count for a new link. Throws std::bad_alloc.
    virtual std::shared_ptr<memory::LinkCell> open_cell(memory::LinkFacts facts) = 0;
    /// May this peer be linked? Called before attach(); inproc, with its place's mutex held.
    virtual Result<void> admits(const wire::Hello& theirs, const std::string& url,
                                std::optional<std::int64_t> pid) = 0;
    /// A link is established. False: the port has closed or the peer gone; nobody retires the link.
    virtual bool attach(std::shared_ptr<Link> link) = 0;
    /// An attempt at `url` failed.
    virtual void refused(const std::string& url, const Error& error, const std::string& peer,
                         std::optional<std::int64_t> pid) = 0;
    /// Nobody was reached this time; it is tried again. For errors' texts.
    virtual void not_reached(const Error& error) = 0;
    /// The link's socket took less than offered: call send_now() when it is writable.
    virtual void want_writable(Link& link) = 0;
    /// The link holds the tail of a burst: tick() it soon.
    virtual void want_tick() = 0;
    /// The link has something to acknowledge: call acknowledge() within ack_interval.
    virtual void want_acknowledge() = 0;
    /// What its links to shared memory have in common. Under the port's lock.
    virtual std::shared_ptr<Outlet>& outlet() noexcept = 0;
    /// The chunks that it lends, made when first asked for.
    virtual std::shared_ptr<memory::SharedPool> shared_pool() = 0;
    /// Of those of its links that lend by descriptor. Under the port's lock.
    virtual Lenders& lenders() noexcept = 0;
    /// Under the port's lock: the link, or what its port's caller polls, has been marked as asleep
    /// for a peer. Look once more second_look_after, for the barrier may have missed that one.
    virtual void want_second_look() = 0;
    /// One of its links has ended from the other side, without a descriptor that would tell: look
    /// after them soon.
    virtual void link_ended() = 0;
    /// Calls `what(link, argument)` under the port's lock: for transports that tell a peer
    /// something out of turn.
    virtual void with_link(const std::shared_ptr<Link>& link, void (*what)(Link&, std::uint64_t),
                           std::uint64_t argument) = 0;
};

}  // namespace mycelium::transport
