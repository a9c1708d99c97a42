// PublisherState: a publisher's port.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "fabric/encoding.h"
#include "fabric/port.h"
#include "fabric/stamps.h"

namespace mycelium::fabric {

class PublisherState final : public Port {
public:
    PublisherState(std::shared_ptr<NodeCore> node, const Schema& schema,
                   const PublisherOptions& options);

    Outcome publish(std::span<const Payload> payloads);
    Outcome publish(Payload&& payload);
    Outcome forward(std::span<const Message> messages);
    Result<Loan<Bytes>> loan(std::size_t size);
    bool pause_link(std::uint64_t id, bool is_paused);
    std::uint64_t id() const noexcept { return epoch_; }
    void interrupt() noexcept {
        is_interrupted_.store(true, std::memory_order_relaxed);
        bell_->ring();
    }
    void flush() noexcept;
    /// `is_closing`: also after the node has stopped.
    Result<void> drain(Duration timeout, bool is_closing = false);

protected:
    void complete_hello(wire::Hello& hello, const std::string& url,
                        std::optional<std::uint32_t> port) override;
    void attached(transport::Link& link) override;
    const Admission* admission() const noexcept override { return &options_.admit; }
    bool is_paused(const transport::Link& link) const noexcept override {
        return std::find(paused_.begin(), paused_.end(), link.id) != paused_.end();
    }
    void retiring(transport::Link& link) override {
        std::erase(demoted_, link.id);
        std::erase(paused_, link.id);
        lean_ = Lean::unknown;
    }
    void sweep() override;
    void hand_over() override { (void)drain(options_.linger, true); }

private:
    /// Is there a short way: through a log that all links read, lanes that all take the same, or
    /// frames that all send, with a checksum or without?
    enum class Lean : std::uint8_t { unknown, no, log, objects, bytes, frames, checked_frames };

    // An item is a payload to be published, which loses its owner if it is not const, or a message
    // to be forwarded.
    template <class Item>
    Outcome publish_items(std::span<Item> items);
    template <class Item>
    Outcome publish_inside(std::span<Item> items);
    /// False: they have to go the long way; nothing has happened.
    template <class Item>
    bool publish_lean(std::span<Item> items, std::uint32_t& subscribers);
    /// `is_given`: by a caller who keeps nothing of it.
    bool publish_lent(const Payload& payload, bool is_given, std::uint32_t& subscribers);
    Header lean_header() noexcept;
    std::uint32_t offer_lean(std::size_t messages, std::size_t bytes, const Header& last);
    Lean lean() noexcept;
    template <class Item>
    bool publish_to_log(std::span<const Item> items, std::uint32_t& subscribers);
    template <class Item>
    bool publish_as_frames(std::span<const Item> items, std::uint32_t& subscribers);
    template <class Item>
    bool publish_to_lanes(std::span<Item> items, std::uint32_t& subscribers);
    /// With several links to streams each is told, for it cannot know what the others took.
    void end_call() noexcept {
        const bool has_streams =
            lean_ != Lean::log && lean_ != Lean::objects && lean_ != Lean::bytes;
        if (has_streams && links_.size() > 1) tell_call_ended();
    }
    void tell_call_ended() noexcept;
    void count_lean(std::size_t messages, std::uint32_t subscribers, bool is_counted);
    template <class Item>
    void fill_messages(std::span<const Item> items, std::uint64_t now_ns);
    /// Waits for the `block` readers that have no room; demotes those that take longer than
    /// block_max.
    Result<void> wait_for_room(std::size_t messages, std::size_t bytes);
    bool await_room_of_all(std::size_t messages, std::size_t bytes,
                           std::vector<os::Polled>& polled);
    bool look_for_room(std::size_t messages, std::size_t bytes, Instant deadline);
    bool have_all_room(std::size_t messages, std::size_t bytes) const noexcept;
    void sleep_until_room(std::size_t messages, std::size_t bytes, std::uint32_t ticket,
                          Instant deadline, std::vector<os::Polled>& polled);
    bool own_what_lanes_keep() noexcept;
    Result<void> write_to_memory();
    /// Of memory that other processes of this machine see.
    Result<Loan<Bytes>> lend_shared(std::size_t size);
    void remember(std::span<const Message> messages, bool is_object_owned);
    void tell_who_caught_up();
    Needs needs() const noexcept;
    std::uint64_t in_flight() const noexcept;
    /// Sends what is queued and asks every reader that owes an acknowledgement for one; returns
    /// what is in flight.
    std::uint64_t ask_what_is_left();

    const PublisherOptions options_;
    std::atomic<bool> is_interrupted_{false};
    const std::size_t history_max_;
    Encoder encoder_;
    Stamps stamps_;
    std::uint64_t next_sequence_ = 1;
    std::vector<Message> messages_;  // of the call under way
    std::deque<Message> history_;
    std::vector<std::uint64_t> demoted_;  // ids of links that were demoted
    std::vector<std::uint64_t> paused_;   // the same of those that are paused
    Lean lean_ = Lean::unknown;           // since links came or went last
    int vain_looks_ = 0;                  // for room, in a row
    int looks_left_out_ = 0;              // that many are still to be
};

}  // namespace mycelium::fabric
