#include "fabric/publisher_state.h"

#include <algorithm>
#include <new>
#include <utility>

#include <mycelium/tlv.h>

#include "base/relax.h"
#include "host/os/barrier.h"
#include "host/os/clock.h"
#include "host/os/error.h"
#include "host/transport/inproc_record.h"

namespace mycelium::fabric {

namespace {

constexpr Duration room_look = std::chrono::microseconds{20};
constexpr std::size_t room_looked_for = 64;
constexpr int pauses_between_looks = 20;
constexpr int vain_looks_max = 3;  // in a row; then so many are left out:
constexpr int left_out_after_vain_ones = 50;
constexpr Duration asked_again_within = std::chrono::milliseconds{64};  // while draining

/// However it ends: what was refused is not kept.
class Emptied {
public:
    explicit Emptied(std::vector<Message>& messages) noexcept : messages_(messages) {}
    ~Emptied() { messages_.clear(); }
    Emptied(const Emptied&) = delete;
    Emptied& operator=(const Emptied&) = delete;

private:
    std::vector<Message>& messages_;
};

const Payload& payload_in(const Payload& payload) noexcept { return payload; }
const Payload& payload_in(const Message& message) noexcept { return message.payload; }

/// What the payloads take in a queue; an upper bound where they are still to be encoded.
template <class Item>
std::size_t bytes_at_most(std::span<const Item> items) {
    std::size_t sum = 0;
    for (const Item& item : items) {
        const Payload& payload = payload_in(item);
        if (payload.has_bytes) {
            sum += payload.bytes.size();
        } else if (payload.schema->form == Form::flat) {
            sum += payload.schema->flat_bytes;
        } else if (payload.schema->can_leave_process()) {
            const std::size_t size = payload.schema->encoded_bytes_max(payload.object);
            sum += size == Schema::unencodable ? 0 : size;
        }
    }
    return sum;
}

void describe(const Payload& payload, std::uint8_t source, Message& message) noexcept {
    message.header.source = source;
    if (payload.schema && payload.schema->form == Form::tlv)
        message.header.relay_domain = tlv::domain_of(payload.schema->tlv_type);
}
void describe(const Message& forwarded, std::uint8_t, Message& message) noexcept {
    message.header.source = forwarded.header.source;
    message.header.relay_domain = forwarded.header.relay_domain;
    message.origin = forwarded.origin;
}

}  // namespace

PublisherState::PublisherState(std::shared_ptr<NodeCore> node, const Schema& schema,
                               const PublisherOptions& options)
    : Port(node, wire::Pattern::publisher, schema, any_schema(), options.message_bytes_max),
      options_(options),
      history_max_(std::min(options.history ? options.history : std::size_t{options.retain},
                            limits::history_messages_max)),
      encoder_(node->pool()) {}

Needs PublisherState::needs() const noexcept {
    Needs needs;
    for (const LinkPtr& link : links_) {
        needs.object |= link->shares_objects();
        needs.bytes |= !link->shares_objects();
    }
    if (history_max_ != 0) {
        needs.object |= schema_.form == Form::local;
        needs.owned_bytes = schema_.form != Form::local;
    }
    return needs;
}

Outcome PublisherState::publish(std::span<const Payload> payloads) {
    return publish_items(payloads);
}

Outcome PublisherState::publish(Payload&& payload) { return publish_items(std::span{&payload, 1}); }

Outcome PublisherState::forward(std::span<const Message> messages) {
    return publish_items(messages);
}

template <class Item>
Outcome PublisherState::publish_items(std::span<Item> items) {
    if (node_->is_forked()) return os::forked();
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    std::uint32_t subscribers = 0;
    const bool is_lean = is_alive() && publish_lean(items, subscribers);
    Outcome outcome = is_lean ? Outcome{subscribers} : publish_inside(items);
    end_call();
    return outcome;
}

void PublisherState::tell_call_ended() noexcept {
    const std::uint64_t now_ns = stamps_.now();
    for (const LinkPtr& link : links_) link->call_ended(now_ns);
}

template <class Item>
Outcome PublisherState::publish_inside(std::span<Item> items) {
    if (auto alive = check_alive(); !alive) return std::move(alive).error();
    const bool needs_bytes = std::any_of(
        links_.begin(), links_.end(), [](const LinkPtr& link) { return !link->shares_objects(); });
    if (auto room = wait_for_room(items.size(),
                                  needs_bytes ? bytes_at_most(std::span<const Item>{items}) : 0);
        !room)
        return std::move(room).error();
    std::uint32_t subscribers = 0;
    if (publish_lean(items, subscribers)) return Outcome{subscribers};
    const std::uint64_t now_ns = stamps_.now();
    const Emptied emptied{messages_};
    fill_messages(std::span<const Item>{items}, now_ns);
    const Needs now = needs();  // not before the wait: links come and go in it
    if (auto done =
            encoder_.complete(messages_, now, options_.message_bytes_max, counters_.encoded);
        !done)
        return std::move(done).error();

    if (!own_what_lanes_keep()) return Error{Errc::overloaded, "no memory"};
    if (auto written = write_to_memory(); !written) return std::move(written).error();

    next_sequence_ += messages_.size();
    counters_.published += messages_.size();
    if (history_max_ != 0) remember(messages_, now.object);
    bool has_ended = false, is_counted = false;
    std::size_t bytes = 0;
    for (const Message& message : messages_) bytes += message.payload.bytes.size();
    Attending attending{*this, only_link(), bytes};
    for (const LinkPtr& link : links_) {
        is_counted |= !link->closed();  // if it ends now, they are sent and gone
        if (!link->offer(messages_, now_ns)) {
            has_ended = true;
            continue;
        }
        ++subscribers;
    }
    if (now.object) counters_.shared += messages_.size();
    if (has_ended) retire_closed();
    if (!demoted_.empty()) tell_who_caught_up();
    if (!is_counted) counters_.no_subscriber += messages_.size();
    attending.stay();
    return Outcome{subscribers};
}

/// Bytes that are too large to be copied for each link of this process are copied once for all.
bool PublisherState::own_what_lanes_keep() noexcept {
    if (std::none_of(links_.begin(), links_.end(),
                     [](const LinkPtr& link) { return link->is_lane(); }))
        return true;
    try {
        for (Message& message : messages_) {
            Payload& payload = message.payload;
            if (payload.owner || payload.bytes.size() <= transport::InprocRecord::copied_bytes_max)
                continue;
            Bytes copy = Bytes::copy_of(payload.bytes);
            payload.bytes = copy.span();
            payload.owner = std::move(copy).owner();
        }
    } catch (const std::bad_alloc&) {
        return false;
    }
    return true;
}

/// What the links to shared memory have in common is written once, before each is offered its part.
Result<void> PublisherState::write_to_memory() {
    if (!outlet_ || !outlet_->has_readers()) return {};
    MYCELIUM_TRY(outlet_->prepare(messages_));
    for (const LinkPtr& link : links_) link->before_write();
    if (outlet_->has_readers()) outlet_->write(messages_);
    return {};
}

template <class Item>
void PublisherState::fill_messages(std::span<const Item> items, std::uint64_t now_ns) {
    messages_.clear();
    messages_.reserve(items.size());
    std::uint64_t sequence = next_sequence_;
    for (const Item& item : items) {
        Message& message = messages_.emplace_back();
        describe(item, options_.source, message);
        message.header.sequence = sequence++;
        message.header.timestamp = now_ns;
        message.payload = payload_in(item);
    }
}

Result<void> PublisherState::wait_for_room(std::size_t messages, std::size_t bytes) {
    const auto has_room = [&](const LinkPtr& link) { return link->has_room(messages, bytes); };
    if (std::all_of(links_.begin(), links_.end(), has_room)) return {};
    const Instant deadline = after(options_.block_max);
    if (look_for_room(messages, bytes, deadline)) return {};
    std::vector<os::Polled> polled;
    for (;;) {
        const auto ticket = bell_->ticket();
        if (is_interrupted_.load(std::memory_order_relaxed) && is_interrupted_.exchange(false))
            break;
        const bool all_have_room = await_room_of_all(messages, bytes, polled);
        if (!all_have_room && os::now() < deadline)
            sleep_until_room(messages, bytes, ticket, deadline, polled);
        mark_awake();
        if (all_have_room) return {};
        if (os::now() >= deadline) break;
        MYCELIUM_TRY(check_alive());
    }
    for (const LinkPtr& link : links_) {
        if (has_room(link)) continue;
        link->demote();
        demoted_.push_back(link->id);
        add_event(Event::Kind::demoted, *link,
                  "the reader held the publisher longer than block_max");
    }
    return {};
}

/// Readers that read from memory make room all the time: a short look is cheaper than a sleep, and
/// some more room spares the next ones.
bool PublisherState::look_for_room(std::size_t messages, std::size_t bytes, Instant deadline) {
    const bool is_in_memory = outlet_ || lean() == Lean::objects || lean() == Lean::bytes;
    if (!is_in_memory) return false;
    if (looks_left_out_ > 0) {
        --looks_left_out_;
        return false;
    }
    const auto is_slow = [&](const LinkPtr& link) {
        if (!link->is_quiet() && !link->is_lane()) return !link->has_room(messages, bytes);
        const std::uint64_t limit = link->peer().queue_messages_max;
        const std::size_t more =
            std::min<std::size_t>(room_looked_for, static_cast<std::size_t>(limit / 4));
        return !link->has_room(messages + more, bytes);
    };
    const Instant until = std::min(deadline, os::now() + room_look);
    do {
        if (std::none_of(links_.begin(), links_.end(), is_slow)) {
            vain_looks_ = 0;
            return true;
        }
        lock_.pause();
        for (int i = 0; i < pauses_between_looks; ++i) base::relax();
        lock_.resume();
    } while (os::now() < until);
    if (++vain_looks_ < vain_looks_max) return false;
    vain_looks_ = 0;
    looks_left_out_ = left_out_after_vain_ones;
    return false;
}

bool PublisherState::await_room_of_all(std::size_t messages, std::size_t bytes,
                                       std::vector<os::Polled>& polled) {
    polled.clear();
    bool all_have_room = true;
    for (const LinkPtr& link : links_) {
        if (link->has_room(messages, bytes)) continue;
        link->await_room();
        if (link->closed() || link->has_room(messages, bytes)) continue;
        all_have_room = false;
        if (os::SleepWord* const word = link->room_word())
            add_word(link, *word);
        else if (link->fd() >= 0)
            polled.push_back({.fd = link->fd(), .for_writing = true});
    }
    if (!has_words()) return all_have_room;
    // With sockets among them it is the driver that their byte wakes, and it rings the bell.
    mark_words(polled.empty() && can_sleep_on_words() ? os::asleep_in_futex : os::asleep_in_poll);
    return have_all_room(messages, bytes);
}

bool PublisherState::have_all_room(std::size_t messages, std::size_t bytes) const noexcept {
    return std::all_of(links_.begin(), links_.end(), [&](const LinkPtr& link) {
        return link->closed() || link->has_room(messages, bytes);
    });
}

void PublisherState::sleep_until_room(std::size_t messages, std::size_t bytes, std::uint32_t ticket,
                                      Instant deadline, std::vector<os::Polled>& polled) {
    const auto have_room = [&] {
        const Holding holding{lock_};
        return have_all_room(messages, bytes);
    };
    lock_.pause();
    if (polled.empty()) {
        (void)os::wait_looking_again(has_words(), deadline, have_room,
                                     [&](Instant until) { return wait_on_words(ticket, until); });
    } else {
        // Sockets: writable is room. The bell for the rest, by its descriptor.
        if (auto bell = bell_->fd()) polled.push_back({.fd = *bell});
        bell_->announce();
        (void)os::wait_looking_again(has_words(), deadline, have_room, [&](Instant until) {
            if (bell_->ticket() != ticket) return true;
            const auto ready = os::poll(polled, until);
            return !ready || *ready != 0;
        });
        bell_->withdraw();
        bell_->quiet();
    }
    lock_.resume();
}

void PublisherState::tell_who_caught_up() {
    for (const LinkPtr& link : links_) {
        const auto found = std::find(demoted_.begin(), demoted_.end(), link->id);
        if (found == demoted_.end() || link->is_demoted()) continue;
        demoted_.erase(found);
        add_event(Event::Kind::caught_up, *link);
    }
}

void PublisherState::remember(std::span<const Message> messages, bool is_object_owned) {
    for (const Message& message : messages) {
        if (history_.size() >= history_max_) history_.pop_front();
        Message& kept = history_.emplace_back(message);
        if (!is_object_owned)
            kept.payload.object = nullptr;  // it was the caller's; the bytes are ours
    }
}

void PublisherState::complete_hello(wire::Hello& hello, const std::string&,
                                    std::optional<std::uint32_t>) {
    hello.next_sequence = next_sequence_;
}

void PublisherState::attached(transport::Link& link) {
    lean_ = Lean::unknown;
    // A reader that was here before goes on where it left off, as far as history reaches.
    const bool has_returned = link.peer().epoch == epoch_;
    const std::uint64_t wanted = has_returned ? link.peer().next_sequence : 0;
    auto first = history_.begin();
    while (first != history_.end() && first->header.sequence < wanted) ++first;
    std::vector<Message> past(first, history_.end());
    if (link.shares_objects() && schema_.form != Form::local) {
        // What was kept as bytes becomes an object again for a port of this process.
        for (Message& message : past) {
            if (message.payload.object && message.payload.owner) continue;
            if (auto object = schema_.decode_shared(message.payload.bytes)) {
                message.payload.owner = *std::move(object);
                message.payload.object = message.payload.owner.get();
                message.payload.schema = &schema_;
            }
        }
    }
    link.start(epoch_, past.empty() ? next_sequence_ : past.front().header.sequence);
    if (!past.empty()) link.offer(past, os::unix_time_ns());
    link.send_now();
}

void PublisherState::sweep() {
    for (const LinkPtr& link : links_) {
        // Only control frames come here, and the end.
        while (!link->receive(64).empty()) {
        }
        if (!link->closed() && link->fd() < 0 && link->is_hung_up())
            link->close({Errc::unavailable, "the peer closed the link"});
    }
    retire_closed();
}

Result<Loan<Bytes>> PublisherState::loan(std::size_t size) {
    MYCELIUM_TRY(check_alive());
    if (size > options_.message_bytes_max)
        return Error{Errc::invalid, "a loan of " + std::to_string(size) +
                                        " bytes is over message_bytes_max, here " +
                                        std::to_string(options_.message_bytes_max)};
    if (is_on_shared_memory_ || size > limits::copied_loan_bytes_max) {
        const Holding holding{lock_};
        if (outlet_ && size <= limits::copied_loan_bytes_max) {
            outlet_->collect_for_loan(size);
            return outlet_->pool().lend(size);
        }
        const bool is_lent = std::any_of(links_.begin(), links_.end(),
                                         [](const LinkPtr& link) { return link->lends(); });
        if (is_on_shared_memory_ || is_lent) {
            auto loan = lend_shared(size);
            if (loan || is_on_shared_memory_) return loan;
        }
    }
    auto loan = node_->pool().lend(size);
    if (size != 0 && loan.span().empty())
        return Error{Errc::overloaded, "no memory for " + std::to_string(size) + " bytes"};
    return loan;
}

Result<Loan<Bytes>> PublisherState::lend_shared(std::size_t size) {
    if (outlet_) outlet_->collect_for_loan(size);
    lenders_.collect();
    auto loan = shared_pool()->lend(size);
    if (loan && size > limits::copied_loan_bytes_max)
        for (const LinkPtr& link : links_) link->prepare_loan();
    return loan;
}

bool PublisherState::pause_link(std::uint64_t id, bool is_paused) {
    if (node_->is_forked()) return false;
    {
        const Holding holding{lock_};
        const auto link = std::find_if(links_.begin(), links_.end(),
                                       [id](const LinkPtr& one) { return one->id == id; });
        if (link == links_.end()) return false;
        std::erase(paused_, id);
        if (is_paused) paused_.push_back(id);
        (*link)->pause(is_paused);
        lean_ = Lean::unknown;
    }
    bell_->ring();  // whoever waits for just this reader need not
    return true;
}

void PublisherState::flush() noexcept {
    if (node_->is_forked()) return;
    const Holding holding{lock_};
    for (const LinkPtr& link : links_) link->send_now();
    retire_closed();
}

std::uint64_t PublisherState::in_flight() const noexcept {
    std::uint64_t sum = 0;
    for (const LinkPtr& link : links_) sum += link->counters().in_flight();
    return sum;
}

std::uint64_t PublisherState::ask_what_is_left() {
    const Holding holding{lock_};
    for (const LinkPtr& link : links_) {
        if (link->counters().in_flight() == 0) continue;
        link->send_now();
        link->ask_for_acknowledgement();
    }
    retire_closed();
    return in_flight();
}

Result<void> PublisherState::drain(Duration timeout, bool is_closing) {
    if (node_->is_forked()) return {};
    const Instant deadline = after(timeout);
    // Who reads from memory may be missed by the barrier, and ring nobody: ask again, ever less.
    for (Duration pause = os::second_look_after;; pause = std::min(2 * pause, asked_again_within)) {
        const auto ticket = bell_->ticket();
        const std::uint64_t left = ask_what_is_left();
        if (left == 0) return {};
        if (!is_closing) MYCELIUM_TRY(check_alive());
        const Instant until =
            is_on_shared_memory_ ? std::min(deadline, os::now() + pause) : deadline;
        if (!bell_->wait(ticket, until) && until == deadline)
            return Error{Errc::timeout, std::to_string(left) + " messages are still in flight"};
    }
}

}  // namespace mycelium::fabric
