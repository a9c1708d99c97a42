#include "fabric/subscriber_state.h"

#include <algorithm>
#include <new>

#include <mycelium/codec.h>

#include "host/os/clock.h"
#include "host/os/error.h"

namespace mycelium::fabric {

namespace {

constexpr std::size_t batch_max = 256;
// Of looks at memory in which a peer shows something that is nothing.
constexpr int finds_in_vain_max = 16;

}  // namespace

SubscriberState::SubscriberState(std::shared_ptr<NodeCore> node, const Schema& schema,
                                 const SubscriberOptions& options)
    : Port(std::move(node), wire::Pattern::subscriber, schema, any_schema(),
           options.message_bytes_max, options.waiting, &options),
      options_(options) {
    const bool has_long_queue = options.queue_messages_max >= limits::queue_messages_max &&
                                options.queue_bytes_max >= limits::queue_bytes_max;
    if (has_long_queue && options.slow != SlowReader::disconnect) allow_rests();
}

Message* SubscriberState::hand_out() {
    Message& message = batch_[batch_index_];
    hand_out(1);
    return &message;
}

void SubscriberState::hand_out(std::size_t count) {
    if (count == 0) return;
    batch_index_ += count;
    current_->handed_out(batch_.subspan(batch_index_ - count, count));
    if (described_ == current_.get()) return;
    description_ = current_->peer().type.description;
    described_ = current_.get();
}

bool SubscriberState::fetch(bool thorough) {
    if (batch_index_ < batch_.size()) return true;
    batch_ = {};
    batch_index_ = 0;
    if (current_ && current_->closed()) current_.reset();  // a link that has ended goes here
    while (!fetched_.empty()) {
        current_ = fetched_.front().first;
        batch_ = fetched_.front().second;
        fetched_.pop_front();
        find_losses();
        if (!batch_.empty()) return true;
    }
    mark_streams_in_turn();
    for (std::size_t looked = 0; looked < links_.size(); ++looked) {
        if (turn_ >= links_.size()) turn_ = 0;
        transport::Link& link = *links_[turn_];
        const bool is_asked =
            thorough || link.is_lane() || link.may_have_more();  // a lane is quick
        if (!is_asked && !link.is_hung_up() && !link.closed()) {
            ++turn_;
            continue;
        }
        batch_ = link.receive(batch_max);
        if (!batch_.empty()) {
            note_found(batch_.size(), batch_.front().payload.bytes.size(), link);
            if (current_.get() != &link) current_ = links_[turn_];
            find_losses();
            ++turn_;
            return true;
        }
        if (link.closed()) {
            if (current_.get() == &link) current_.reset();
            retire(LinkPtr{links_[turn_]});  // turn_ now names its successor
            looked = static_cast<std::size_t>(-1);
        } else {
            ++turn_;
        }
    }
    current_.reset();  // nothing of it is in anybody's hands: the driver may end it
    return false;
}

/// What was lost before a relay is missing here, too.
void SubscriberState::find_losses() {
    for (Message& message : batch_)
        if (message.origin.id != 0)
            message.missed.add(DropReason::upstream,
                               losses_.news(current_->peer().epoch, message.origin));
}

bool SubscriberState::has_more() const noexcept {
    return batch_index_ < batch_.size() || !fetched_.empty() ||
           std::any_of(links_.begin(), links_.end(),
                       [](const LinkPtr& link) { return link->may_have_more(); });
}

void SubscriberState::tell_rest() {
    if (is_fd_used_ && has_more()) bell_->ring();
}

Result<Message*> SubscriberState::receive_until(Instant deadline) {
    if (node_->is_forked()) return os::forked();
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    if (is_alive() && batch_index_ < batch_.size() && !is_fd_used_) return hand_out();
    MYCELIUM_TRY(await(deadline));
    Message* const message = hand_out();
    tell_rest();
    return message;
}

Result<std::span<const Message>> SubscriberState::peek_until(Instant deadline, std::size_t limit) {
    if (node_->is_forked()) return os::forked();
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    MYCELIUM_TRY(await(deadline));
    tell_rest();
    return shown(limit);
}

Result<void> SubscriberState::await(Instant deadline) {
    bool thorough = false;
    for (int finds = 0;;) {
        const auto ticket = bell_->ticket();
        if (!is_alive()) MYCELIUM_TRY(check_alive());
        if (fetch(thorough)) return {};
        if (is_interrupted_.load(std::memory_order_relaxed) && is_interrupted_.exchange(false))
            return Error{Errc::timeout, "the wait was interrupted"};
        if (thorough)
            return Error{Errc::timeout,
                         links_.empty() ? "nothing came: " + nobody_there() : "nothing came"};
        if (finds < finds_in_vain_max && look_within(ticket)) {
            ++finds;
            continue;
        }
        lock_.pause();
        // Also when it was woken: a peer that lies could wake it for ever.
        (void)sleep(ticket, deadline);
        finds = 0;
        thorough = os::now() >= deadline;
        lock_.resume();
    }
}

Result<bool> SubscriberState::fetch_now() {
    MYCELIUM_TRY(check_alive());
    if (fetch(true)) return true;
    if (!is_fd_used_) return false;
    quiet();
    return fetch(true);  // what came in between must not stay behind an unreadable descriptor
}

Result<Message*> SubscriberState::try_receive() {
    if (node_->is_forked()) return os::forked();
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    MYCELIUM_TRY_ASSIGN(const bool is_here, fetch_now());
    if (!is_here) return nullptr;
    Message* const message = hand_out();
    tell_rest();
    return message;
}

Result<std::span<const Message>> SubscriberState::try_peek(std::size_t limit) {
    if (node_->is_forked()) return os::forked();
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    MYCELIUM_TRY_ASSIGN(const bool is_here, fetch_now());
    if (!is_here) return std::span<const Message>{};
    tell_rest();
    return shown(limit);
}

void SubscriberState::take(std::size_t count) noexcept {
    if (node_->is_forked() || !lock_.enter()) return;
    const Leaving leaving{lock_};
    try {
        hand_out(std::min(count, batch_.size() - batch_index_));
    } catch (const std::bad_alloc&) {
        // They are counted; what a reader is told of their type comes with the next ones.
    }
}

Result<bool> SubscriberState::is_ready() {
    if (node_->is_forked()) return os::forked();
    if (!lock_.enter()) return second_thread();
    const Leaving leaving{lock_};
    MYCELIUM_TRY(check_alive());
    bool ready = fetch(true);
    if (!ready) {
        quiet();
        ready = fetch(true);
    }
    if (ready && is_fd_used_) bell_->ring();
    return ready;
}

void SubscriberState::reject(const Error& error) {
    if (node_->is_forked() || !lock_.enter()) return;
    const Leaving leaving{lock_};
    if (!current_ || current_->closed()) return;
    // What came before the link ended is still handed out; then it is retired.
    current_->reject(error);
    refused(current_->url(), error, current_->peer().node, current_->identity().pid);
}

void SubscriberState::discard() {
    if (node_->is_forked() || !lock_.enter()) return;
    const Leaving leaving{lock_};
    if (current_ && !current_->closed()) current_->discard();
}

LinkInfo SubscriberState::sender() {
    if (node_->is_forked()) return {};
    const Holding holding{lock_};
    return current_ ? info_of(*current_) : LinkInfo{};
}

void SubscriberState::complete_hello(wire::Hello& hello, const std::string& url,
                                     std::optional<std::uint32_t> port) {
    hello.slow = options_.slow;
    hello.queue_messages_max = std::max<std::size_t>(options_.queue_messages_max, 1);
    hello.queue_bytes_max = std::max<std::size_t>(options_.queue_bytes_max, 1);
    hello.types = options_.types;
    if (hello.types.is_empty() && schema_.form == Form::tlv) hello.types.add(schema_.tlv_type);
    hello.epoch = 0;
    // Whoever is dialled first is the only one left behind at that URL, if any is.
    const auto from = left_.lower_bound({url, port.value_or(0)});
    if (from == left_.end() || from->first.first != url || (port && from->first.second != *port))
        return;
    hello.epoch = from->second.epoch;
    hello.next_sequence = from->second.sequence.expected();
}

void SubscriberState::attached(transport::Link& link) {
    const auto found = left_.find({link.url(), link.peer().port});
    if (found != left_.end() && found->second.epoch == link.peer().epoch)
        return link.resume_sequence(found->second.sequence);
    const bool was_left = std::any_of(left_.begin(), left_.end(), [&](const auto& left) {
        return left.first.first == link.url();
    });
    const bool is_being_left = std::any_of(links_.begin(), links_.end(), [&](const LinkPtr& other) {
        return other->url() == link.url() && other->is_hung_up() &&
               other->peer().epoch != link.peer().epoch;
    });
    if (!was_left && !is_being_left) return;
    losses_.begin(link.peer().epoch);
    add_event(Event::Kind::restarted, link, "another run of the publisher: its numbers begin anew");
}

void SubscriberState::retiring(transport::Link& link) {
    if (described_ == &link) described_ = nullptr;
    if (link.peer().epoch == 0) return;
    if (left_.size() >= left_max) left_.erase(left_.begin());
    left_[{link.url(), link.peer().port}] = {link.peer().epoch, link.sequence()};
}

bool SubscriberState::fetch(const LinkPtr& link) {
    fetched_.emplace_back(link, std::span<Message>{});  // first: what has come is not lost then
    try {
        fetched_.back().second = link->receive(batch_max);
    } catch (...) {
        fetched_.pop_back();
        throw;
    }
    if (!fetched_.back().second.empty()) return true;
    fetched_.pop_back();
    return false;
}

void SubscriberState::sweep() {
    if (lock_.has_caller()) return;  // asleep inside: the bell wakes it, and it looks itself
    // What a link that has ended still holds is fetched for the caller; then its successor can be
    // dialled. The caller may still be looking at the message that it received last.
    for (std::size_t i = 0; i < links_.size();) {
        const LinkPtr link = links_[i];
        const bool has_unseen = link == current_ && batch_index_ < batch_.size();
        const bool is_fetched = std::any_of(fetched_.begin(), fetched_.end(),
                                            [&](const auto& one) { return one.first == link; });
        if (!link->is_hung_up() || has_unseen || is_fetched) {
            ++i;
            continue;
        }
        if (link == current_) link->preserve();
        if (fetch(link)) continue;
        if (link->closed())
            retire(link);
        else
            ++i;
    }
}

void SubscriberState::forget_links() {
    batch_ = {};
    batch_index_ = 0;
    current_.reset();
    fetched_.clear();
}

}  // namespace mycelium::fabric
