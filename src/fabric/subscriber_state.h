// SubscriberState: a subscriber's port.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "core/wire/origin_losses.h"
#include "fabric/port.h"

namespace mycelium::fabric {

class SubscriberState final : public Port {
public:
    SubscriberState(std::shared_ptr<NodeCore> node, const Schema& schema,
                    const SubscriberOptions& options);

    Result<Message*> receive_until(Instant deadline);
    Result<Message*> try_receive();
    Result<std::span<const Message>> try_peek(std::size_t limit);
    Result<std::span<const Message>> peek_until(Instant deadline, std::size_t limit);
    void take(std::size_t count) noexcept;
    /// Is there something to receive now, or to be told? If not, fd() is unreadable until there is.
    Result<bool> is_ready();
    void reject(const Error& error);
    void discard();
    void interrupt() noexcept {
        is_interrupted_.store(true, std::memory_order_relaxed);
        bell_->ring();
    }
    std::uint64_t last_link() const noexcept { return current_ ? current_->id : 0; }
    LinkInfo sender();
    std::string_view description() const noexcept { return description_; }

protected:
    void complete_hello(wire::Hello& hello, const std::string& url,
                        std::optional<std::uint32_t> port) override;
    void attached(transport::Link& link) override;
    const Admission* admission() const noexcept override { return &options_.admit; }
    void retiring(transport::Link& link) override;
    void sweep() override;
    void forget_links() override;

private:
    /// What a link that has ended still holds. False: nothing.
    bool fetch(const LinkPtr& link);
    /// Where a publisher behind a URL was left.
    struct Left {
        std::uint64_t epoch = 0;
        wire::SequenceTracker sequence;  // with what was missed and not told yet
    };
    static constexpr std::size_t left_max = 1024;

    /// Makes sure that batch_ has a message. `thorough`: asks also the descriptors of which nothing
    /// is known.
    bool fetch(bool thorough);
    /// fetch(), waiting for it. Errors: timeout, closed.
    Result<void> await(Instant deadline);
    /// fetch() without waiting; if there is nothing, fd() is unreadable.
    Result<bool> fetch_now();
    Message* hand_out();
    void hand_out(std::size_t count);
    std::span<const Message> shown(std::size_t limit) const noexcept {
        return batch_.subspan(batch_index_, std::min(limit, batch_.size() - batch_index_));
    }
    /// Where a descriptor is used: readable as long as there is more.
    void tell_rest();
    bool has_more() const noexcept;
    void find_losses();

    const SubscriberOptions options_;
    std::atomic<bool> is_interrupted_{false};
    LinkPtr current_;  // whose messages batch_ holds
    std::span<Message> batch_;
    std::size_t batch_index_ = 0;
    std::deque<std::pair<LinkPtr, std::span<Message>>>
        fetched_;           // by the driver, of links that have ended
    std::size_t turn_ = 0;  // links take turns
    std::string description_;
    const transport::Link* described_ = nullptr;
    std::map<std::pair<std::string, std::uint32_t>, Left> left_;
    wire::OriginLosses losses_;  // before the relays from which it reads
};

}  // namespace mycelium::fabric
