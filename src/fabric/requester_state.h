// RequesterState: a requester's port. PendingCallState: one call under way.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fabric/encoding.h"
#include "fabric/port.h"

namespace mycelium::fabric {

class RequesterState;

/// One call. Guarded by its port's lock, but for the bell.
class PendingCallState {
public:
    std::shared_ptr<RequesterState> port;
    std::uint64_t id = 0;
    Instant deadline = never;
    std::shared_ptr<transport::Link> link;  // from when it was sent until it has ended
    std::uint64_t position = 0;             // among the messages offered to the link
    std::size_t question_bytes = 0;         // where it came as bytes
    std::optional<Result<Answer>> result;
    bool is_waiting = false;  // a thread sleeps on the bell
    os::Doorbell bell;
};

/// Any number of threads. One of those that wait, the leader, reads the sockets for all; when it
/// leaves, it wakes another.
class RequesterState final : public Port {
public:
    RequesterState(std::shared_ptr<NodeCore> node, const Schema& question, const Schema& answer,
                   const RequesterOptions& options);

    Result<std::shared_ptr<PendingCallState>> begin(const Payload& question, Duration timeout,
                                                    std::string_view method);
    Result<Answer> wait(PendingCallState& call);
    std::optional<Result<Answer>> try_result(PendingCallState& call);
    void cancel(PendingCallState& call) noexcept;
    Outcome notify(const Payload& question, std::string_view method);
    std::vector<std::string> question_descriptions();

protected:
    void attached(transport::Link&) override { send_unsent(); }
    void retiring(transport::Link& link) override;
    void sweep() override { pump(true); }
    void hand_over() override;

private:
    using CallPtr = std::shared_ptr<PendingCallState>;

    /// A request that waits for a replier to attach; it owns what it refers to.
    struct Unsent {
        CallPtr call;
        std::string method;
        Payload question;
    };

    LinkPtr least_busy() const;
    /// Offers to one link; null: nobody is there.
    Result<LinkPtr> offer(const Payload& question, CallInfo info);
    Result<void> keep_unsent(const CallPtr& call, const Payload& question, std::string_view method);
    void send_unsent();
    Result<bool> send(const CallPtr& call, const Payload& question, std::string_view method);
    void pump(bool thorough);
    void take(const LinkPtr& link, const Message& message);
    void finish(PendingCallState& call, Result<Answer> result);
    void tell_cancelled(PendingCallState& call);
    bool is_over(PendingCallState& call);
    void wake_one_waiter();
    bool has_unsent_notifications();

    const RequesterOptions options_;
    Encoder encoder_;
    std::unordered_map<std::uint64_t, CallPtr> calls_;
    std::deque<Unsent> unsent_;
    std::unordered_map<std::uint64_t, std::size_t> open_;  // calls by link id
    std::unordered_map<std::uint64_t, std::uint64_t>
        notified_;  // last notification's position there
    std::uint64_t next_call_ = 1;
    std::size_t cancelled_ = 0;  // since the last pump(): their answers wait for nobody
    bool has_leader_ = false;
};

}  // namespace mycelium::fabric
