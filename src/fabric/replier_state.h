// ReplierState: a replier's port. RequestState: one request that was received.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "fabric/encoding.h"
#include "fabric/port.h"

namespace mycelium::fabric {

class ReplierState;

/// One request and what is owed to it. Constant but for the flags, which its port's lock guards.
class RequestState {
public:
    std::shared_ptr<ReplierState> port;
    std::shared_ptr<transport::Link> link;
    std::uint64_t id = 0;
    Payload question;  // owned
    std::string method;
    Instant deadline = never;
    bool is_notification = false;
    bool is_answered = false;
    bool is_held = false;  // handed out, counted
    std::atomic<bool> is_cancelled{false};
};

/// One thread at a time receives; answers come from any.
class ReplierState final : public Port {
public:
    ReplierState(std::shared_ptr<NodeCore> node, const Schema& question, const Schema& answer,
                 const ReplierOptions& options);

    Result<std::shared_ptr<RequestState>> receive_until(Instant deadline);
    /// Null: none now.
    Result<std::shared_ptr<RequestState>> try_receive();
    /// Is there a request now, or something to be told? If not, fd() is unreadable until there is.
    Result<bool> is_ready();
    Result<void> answer(RequestState& request, const Payload& payload);
    Result<void> fail(RequestState& request, const Error& error);
    /// The handle is gone: what was not answered is told so.
    void drop(RequestState& request) noexcept;
    bool is_cancelled(RequestState& request) noexcept;

protected:
    void retiring(transport::Link& link) override;
    void sweep() override { pump(true); }
    void hand_over() override;
    void forget_links() override;

private:
    using RequestPtr = std::shared_ptr<RequestState>;

    bool is_full() const noexcept { return waiting_.size() + held_ >= options_.requests_held_max; }
    bool has_more() const noexcept;
    void pump(bool thorough);
    void take_from(const LinkPtr& link);
    void take(const LinkPtr& link, Message& message);
    RequestPtr next(bool thorough);
    Result<void> begin_answer(RequestState& request);
    void settle(RequestState& request);
    void refuse_waiting();
    std::size_t send_what_is_queued();

    const ReplierOptions options_;
    Encoder encoder_;
    std::deque<RequestPtr> waiting_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::weak_ptr<RequestState>>
        open_;  // by link and call
    std::size_t held_ = 0;
    std::size_t turn_ = 0;  // links take turns
};

}  // namespace mycelium::fabric
