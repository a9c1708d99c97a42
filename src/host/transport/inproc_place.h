// InprocPlace: where the ports of one process meet that share an inproc:// URL.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/transport/inproc_link.h"
#include "host/transport/transport.h"

namespace mycelium::transport {

/// One name. Any thread. Its lock is taken before a port's, never after.
class InprocPlace : public std::enable_shared_from_this<InprocPlace> {
public:
    explicit InprocPlace(std::string url) : url_(std::move(url)) {}

    /// unavailable: another node has bound it.
    Result<void> bind(const Surroundings& around);
    void unbind();
    void add(std::shared_ptr<LinkHost> host, const Surroundings& around, bool is_binding);
    void remove(const LinkHost& host);
    bool is_empty() const;
    void unlinked(const InprocLink& link);

private:
    struct Member {
        std::shared_ptr<LinkHost> host;
        std::shared_ptr<os::Reactor> reactor;
        bool is_binding = false;
    };
    /// Two ports that are linked, or that have refused each other for good. An end that was retired
    /// is null.
    struct Pair {
        const LinkHost* binder = nullptr;
        const LinkHost* dialer = nullptr;
        const InprocLink* binder_link = nullptr;
        const InprocLink* dialer_link = nullptr;
    };

    void meet_all();
    void meet(const Member& binder, const Member& dialer);
    /// Those that could meet and have not: after `wait`, on that member's driver.
    void meet_again(const std::shared_ptr<os::Reactor>& reactor, Duration wait);
    bool ask_for_meeting(const std::shared_ptr<os::Reactor>& reactor, Instant at);
    /// The driver that was asked may have gone with its member.
    void ask_another_driver();
    bool has_met(const LinkHost& binder, const LinkHost& dialer) const;

    const std::string url_;
    mutable std::mutex mutex_;
    bool is_bound_ = false;
    std::string owner_;
    std::vector<Member> members_;
    std::vector<Pair> pairs_;
    std::optional<Instant> meets_again_at_;
    std::weak_ptr<os::Reactor> meets_again_on_;
};

}  // namespace mycelium::transport
