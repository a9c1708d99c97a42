// SubscriberState: a subscriber's port.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "fabric/port.h"

namespace mycelium::fabric {

class SubscriberState final : public Port {
public:
    SubscriberState(std::shared_ptr<NodeCore> node, const Schema& schema,
                    const SubscriberOptions& options);

    Result<const Message*> receive_until(Instant deadline);
    Result<const Message*> try_receive();
    /// Is there something to receive now, or to be told? If not, fd() is unreadable until there is.
    Result<bool> is_ready();
    void reject(const Error& error);
    std::string_view description() const noexcept { return description_; }

protected:
    void complete_hello(wire::Hello& hello, const std::string& url,
                        std::optional<std::uint32_t> port) override;
    void attached(transport::Link& link) override;
    void retiring(transport::Link& link) override;
    void sweep() override;
    void forget_links() override;

private:
    /// Where a publisher behind a URL was left.
    struct Left {
        std::uint64_t epoch = 0;
        wire::SequenceTracker sequence;  // with what was missed and not told yet
    };
    static constexpr std::size_t left_max = 1024;

    /// Makes sure that batch_ has a message. `thorough`: asks also the descriptors of which nothing
    /// is known.
    bool fetch(bool thorough);
    const Message* next(bool thorough) { return fetch(thorough) ? hand_out() : nullptr; }
    const Message* hand_out();
    Result<const Message*> receive_inside(Instant deadline);
    bool has_more() const noexcept;

    const SubscriberOptions options_;
    LinkPtr current_;  // whose messages batch_ holds
    std::span<Message> batch_;
    std::size_t batch_index_ = 0;
    std::deque<std::pair<LinkPtr, std::span<Message>>>
        fetched_;           // by the driver, of links that have ended
    std::size_t turn_ = 0;  // links take turns
    std::string description_;
    const transport::Link* described_ = nullptr;
    std::map<std::pair<std::string, std::uint32_t>, Left> left_;
};

}  // namespace mycelium::fabric
