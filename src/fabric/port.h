// Port: what the four kinds of port have in common: their links, where they sleep, what happened to
// them.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/ext/ports.h>

#include "fabric/crowds.h"
#include "fabric/eagerness.h"
#include "fabric/foresight.h"
#include "fabric/gathering.h"
#include "fabric/node_core.h"
#include "fabric/port_lock.h"
#include "fabric/staying.h"
#include "host/memory/shared_pool.h"
#include "host/os/doorbell.h"
#include "host/os/poll.h"
#include "host/transport/lender.h"
#include "host/transport/link.h"
#include "host/transport/outlet.h"
#include "host/transport/transport.h"

namespace mycelium::fabric {

/// Shared by its handle, its endpoints and its links. State is guarded by lock_; the driver takes
/// it too: to attach and retire links, to send tails, to read what the pattern's peer says out of
/// turn.
class Port : public transport::LinkHost, public std::enable_shared_from_this<Port> {
public:
    /// `wishes`: a subscriber's, for those who look on.
    Port(std::shared_ptr<NodeCore> node, wire::Pattern pattern, const Schema& schema,
         const Schema& answer, std::uint64_t message_bytes_max, Waiting waiting = Waiting::adaptive,
         const SubscriberOptions* wishes = nullptr);
    ~Port() override;

    /// Binds or dials every URL; on an error those already open are closed again.
    Result<void> open(const Urls& urls, Role role);
    /// Ends the port: no new links, hands over what was accepted, retires the links. Again: does
    /// nothing.
    void close();
    /// The node has stopped: ends every wait.
    void wake() noexcept { bell_->ring(); }

    std::vector<std::string> urls() const;
    Result<void> wait_for(std::size_t count, Duration timeout);
    std::size_t peers() noexcept;
    std::vector<std::string> peer_descriptions();
    std::optional<Event> try_event();
    std::vector<LinkInfo> links();
    bool end_link(std::uint64_t id, const Error& reason);
    Counters counters();
    int fd();

    // LinkHost
    wire::Pattern pattern() const noexcept final { return pattern_; }
    std::uint32_t number() const noexcept final { return number_; }
    wire::Hello hello(const std::string& url, std::optional<std::uint32_t> port) final;
    const Schema& schema() const noexcept final { return schema_; }
    const Schema& answer_schema() const noexcept final { return answer_schema_; }
    std::shared_ptr<os::Doorbell> bell() final { return bell_; }
    std::uint64_t message_bytes_max() const noexcept final { return message_bytes_max_; }
    std::shared_ptr<memory::LinkCell> open_cell(memory::LinkFacts facts) final;
    Result<void> admits(const wire::Hello& theirs, const std::string& url,
                        std::optional<std::int64_t> pid) final;
    bool attach(std::shared_ptr<transport::Link> link) final;
    void refused(const std::string& url, const Error& error, const std::string& peer,
                 std::optional<std::int64_t> pid) final;
    void not_reached(const Error& error) final;
    void want_writable(transport::Link& link) final;
    void want_tick() final;
    void want_acknowledge() final;
    void want_second_look() final;
    void link_ended() final;
    std::shared_ptr<transport::Outlet>& outlet() noexcept final { return outlet_; }
    std::shared_ptr<memory::SharedPool> shared_pool() final;
    transport::Lenders& lenders() noexcept final { return lenders_; }
    void with_link(const std::shared_ptr<transport::Link>& link,
                   void (*what)(transport::Link&, std::uint64_t), std::uint64_t argument) final;

    /// The driver's look at tails of bursts. False: nothing more to look at.
    bool tick(std::uint64_t now_ns);

protected:
    using LinkPtr = std::shared_ptr<transport::Link>;
    using Holding = std::lock_guard<PortLock>;

    /// A caller that offers a large message to a link, and stays while the link's socket takes it.
    /// With the lock held, which it gives up for a moment each time that it yields.
    class Attending {
    public:
        /// Before offer(). `link` null, or no stream: does nothing. At most for `most`.
        Attending(Port& port, const LinkPtr& link, std::size_t bytes,
                  Duration most = Duration::max());
        ~Attending();
        Attending(const Attending&) = delete;
        Attending& operator=(const Attending&) = delete;
        /// Last of all: links may come and go meanwhile.
        void stay() noexcept;

    private:
        Port& port_;
        LinkPtr link_;  // null: the driver writes what its socket does not take
        Duration allowed_{0};
    };
    /// Its only link; null: it has none, or others, which shall not wait for this one.
    const LinkPtr& only_link() const noexcept {
        static const LinkPtr none;
        return links_.size() == 1 ? links_.front() : none;
    }

    // What a kind of port adds. Called with the lock held.
    virtual void complete_hello(wire::Hello&, const std::string&, std::optional<std::uint32_t>) {}
    virtual void attached(transport::Link&) {}
    virtual const Admission* admission() const noexcept { return nullptr; }
    virtual bool is_paused(const transport::Link&) const noexcept { return false; }
    virtual void retiring(transport::Link&) {}
    /// A link may have ended, or something has arrived that no caller will fetch: look after it.
    /// The driver's.
    virtual void sweep() = 0;
    /// The port has closed: nothing of a link may be kept, for links keep their port.
    virtual void forget_links() {}
    /// Before the links are retired, without the lock.
    virtual void hand_over() {}

    /// closed: the node has stopped, the port has closed, or this is a forked child.
    Result<void> check_alive() const;
    /// check_alive() would find nothing wrong.
    bool is_alive() const noexcept {
        return !node_->is_forked() && !is_closed_.load(std::memory_order_relaxed) &&
               !node_->is_stopped();
    }
    /// Before any lock: in a forked child a thread that does not exist may hold it for ever.
    Result<void> check_not_forked() const;
    /// What a caller is told that finds another one inside.
    static Error second_thread();
    /// With the lock held; the link is destroyed later, on the driver's thread.
    void retire(const LinkPtr& link);
    /// Retires the links that have ended and have nothing more to give.
    void retire_closed();
    LinkPtr link_with(std::uint64_t id) const;
    /// With the lock held.
    LinkInfo info_of(const transport::Link& link) const;
    /// Inside, without the lock: looks, then sleeps, until the bell is rung after `ticket`, a link
    /// has something to read, or the deadline. False: the deadline. Such links are marked.
    bool sleep(std::uint32_t ticket, Instant deadline);
    /// Inside, with the lock held: looks at memory for as long as a driver that wants the lock may
    /// wait. False: nothing came; the next sleep() does without a look of its own.
    bool look_within(std::uint32_t ticket);
    /// With the lock held: the links' data makes fd() readable no longer, until unmuted. For a port
    /// that will not take any.
    void mute(bool is_muted);
    /// It may read a little later than it could, where that is cheaper for all.
    void allow_rests() noexcept { may_rest_ = true; }
    /// How many messages the last look brought by that link, and how large the first is.
    void note_found(std::size_t messages, std::size_t bytes, const transport::Link& link) noexcept {
        gathering_.came(messages);
        note_size(bytes, comes_by_socket(link));
        if (may_rest_) crowds_.came(messages);
    }
    /// What is waited for takes as long to be written. Of whoever is inside.
    void note_size(std::size_t bytes, bool is_by_socket) noexcept {
        eagerness_.came(bytes, is_by_socket);
    }
    static bool comes_by_socket(const transport::Link& link) noexcept {
        return link.fd() >= 0 && !link.is_quiet() && !link.borrows();
    }
    // Sleeping on words in shared memory. Of whoever is inside: collect words, mark them, look once
    // more, wait, and mark them awake.
    void add_word(const LinkPtr& link, os::SleepWord& word);
    bool has_words() const noexcept { return !words_.empty(); }
    bool can_sleep_on_words() const noexcept {
        return !has_no_waitv_ && words_.size() <= os::slept_on_words_max;
    }
    void mark_words(std::uint32_t how) noexcept;
    /// Until one of the words is rung, or the bell, or the deadline: false.
    bool wait_on_words(std::uint32_t ticket, Instant deadline);
    void mark_awake() noexcept;
    /// With the lock held, before messages are asked for. A sleep tells which sockets are readable;
    /// a port that never sleeps, for memory always brings something, takes them all for readable
    /// once in a while.
    void mark_streams_in_turn() noexcept;
    /// With the lock held: fd() is readable no longer, unless something comes. Look once more
    /// afterwards.
    void quiet();
    void add_event(Event event);
    void add_event(Event::Kind kind, const transport::Link& link, std::string reason = {});
    void add_event(Event::Kind kind, const transport::Link& link, const std::optional<Error>& why);
    /// For errors: who was expected, where, and why not.
    std::string nobody_there() const;

    const std::shared_ptr<NodeCore> node_;
    const Schema& schema_;
    const Schema& answer_schema_;
    const std::uint32_t number_;
    const std::uint64_t epoch_;
    mutable PortLock lock_;
    const std::shared_ptr<os::Doorbell> bell_ = std::make_shared<os::Doorbell>();
    std::vector<LinkPtr> links_;
    std::atomic<bool> is_closed_{false};  // written with the lock held
    bool is_fd_used_ = false;
    bool is_muted_ = false;
    bool is_on_shared_memory_ = false;           // one of its URLs is; constant once open
    std::shared_ptr<transport::Outlet> outlet_;  // of the links to shared memory; null: none yet
    std::shared_ptr<memory::SharedPool> shared_pool_;  // null: nobody has asked for it
    transport::Lenders lenders_;
    const std::shared_ptr<memory::PortCell> cell_;
    memory::telemetry::PortNumbers<base::Count>& counters_;  // in cell_

private:
    struct Place {
        std::shared_ptr<transport::Endpoint> endpoint;
        std::string url;
        bool is_bound = false;
    };

    Result<void> take(const LinkPtr& link);
    bool can_pass_references(const std::string& url) const noexcept;
    bool has_descriptors() const;
    enum class Found : std::uint8_t { nothing, something, too_many_links };
    Found look_once(std::uint32_t ticket);
    /// For as long as that is worth while. True: something was found, or the bell rang.
    bool look(std::uint32_t ticket, Instant deadline);
    bool look_at_memory(std::uint32_t ticket, Instant deadline);
    /// In quick succession, without leaving the processor to others.
    bool look_closely(std::uint32_t ticket, Instant deadline);
    bool has_lanes() const;
    bool look_at_lanes(std::uint32_t ticket);
    bool sleep_at_bell(std::uint32_t ticket, Instant deadline, bool has_lanes);
    bool sleep_on_words(std::uint32_t ticket, Instant deadline);
    bool sleep_in_poll_instead(std::uint32_t ticket, Instant deadline);
    void mark_asleep(std::uint32_t how);
    void plan_second_look();
    void take_second_look(std::uint64_t wanted);
    bool driver_reads(const transport::Link& link) const noexcept;
    std::uint32_t watched_events(const transport::Link& link) const noexcept;
    void watch(const LinkPtr& link);
    void unwatch(transport::Link& link);
    void end_unwatched(transport::Link& link, const Error& error);
    void on_link(const std::weak_ptr<transport::Link>& weak, std::uint32_t events);
    void driver_sweep();
    Result<void> poll_descriptors();
    template <class To>
    void add(To& to, const transport::LinkCounters& from) const;
    /// For those who look on from outside.
    void note(const Event& event) noexcept;
    /// The numbers of a link that ends become the port's.
    void keep_numbers(transport::Link& link);

    const wire::Pattern pattern_;
    const std::uint64_t message_bytes_max_;
    const Waiting waiting_;
    std::optional<os::PollSet> poll_set_;
    std::vector<LinkPtr> slept_on_;  // by whoever is inside: whose words are marked
    std::vector<os::SleepWord*> words_;
    std::uint32_t asks_ = 0;     // for messages, ever
    bool has_looked_ = false;    // look_within() has, just now
    bool has_no_waitv_ = false;  // the kernel cannot sleep on several words
    bool may_rest_ = false;      // its queue bears it
    Gathering gathering_;        // of lanes
    Crowds crowds_;              // these three: of whoever is inside
    Foresight foresight_;
    Eagerness eagerness_;
    Staying staying_;                        // with the lock held
    std::uint64_t second_looks_wanted_ = 0;  // ever; these two with the lock held
    bool is_second_look_due_ = false;
    std::uint64_t next_link_id_ = 1;
    std::atomic<bool> is_polling_{false};  // poll_set_ is there
    std::atomic<bool> is_ticking_{false};
    std::atomic<bool> is_acknowledging_{false};
    std::atomic<bool> was_closed_{false};

    std::mutex admission_mutex_;  // held while the user is asked whom to admit
    bool is_closing_ = false;     // guarded by it

    mutable std::mutex places_mutex_;  // guards places_
    std::vector<Place> places_;

    mutable std::mutex events_mutex_;  // guards what follows; a leaf
    std::deque<Event> events_;
    std::string last_refusal_;
    std::string why_not_reached_;  // where that says more than that nobody is there
};

}  // namespace mycelium::fabric
