// InprocLink: one end of a pair of lanes between two ports of one process.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "host/transport/inproc_lane.h"
#include "host/transport/link.h"
#include "host/transport/progress.h"

namespace mycelium::transport {

class InprocPlace;

class InprocLink final : public Link {
public:
    /// A connected pair: first the end of `binder`, then that of `dialer`. Both hosts' hellos have
    /// been compared.
    static std::pair<std::shared_ptr<InprocLink>, std::shared_ptr<InprocLink>> make_pair(
        const std::string& url, const std::shared_ptr<LinkHost>& binder,
        const wire::Hello& binder_hello, const std::shared_ptr<LinkHost>& dialer,
        const wire::Hello& dialer_hello, bool shares_objects,
        const std::shared_ptr<InprocPlace>& place);

    /// `cell` is also that of the lane `out`.
    InprocLink(std::string url, std::shared_ptr<LinkHost> host, wire::Hello ours,
               wire::Hello theirs, bool shares_objects, std::shared_ptr<memory::LinkCell> cell,
               std::shared_ptr<InprocLane> out, std::shared_ptr<InprocLane> in);

    void start(std::uint64_t epoch, std::uint64_t next_sequence) override;
    bool is_lane() const noexcept override { return true; }
    void append(InprocValue&& value) override;
    bool commit() override;
    bool offer(std::span<const Message> messages, std::uint64_t now_ns) override;
    bool has_room(std::size_t messages, std::size_t bytes) const noexcept override;
    void await_room() override;
    void send_now() override {}
    bool offer_error(std::uint64_t call, const Error& error) override;
    void ask_for_acknowledgement() override { await_room(); }
    std::uint64_t written() const noexcept override { return out_->popped(); }
    void demote() noexcept override { out_->demote(); }
    bool is_demoted() const noexcept override { return out_->is_demoted(); }
    void pause(bool is_paused) noexcept override;
    std::size_t queued_bytes() const noexcept override { return out_->bytes(); }

    std::span<Message> receive(std::size_t limit) override;
    void preserve() override;
    bool may_have_more() const noexcept override { return in_->has_more(); }
    void handed_out(std::span<const Message> messages) override;
    void reject(Error error) override;
    void discard() override;
    void acknowledge() override {}
    const wire::SequenceTracker& sequence() const noexcept override { return sequence_; }
    void resume_sequence(const wire::SequenceTracker& left) noexcept override { sequence_ = left; }

    int fd() const noexcept override { return -1; }
    bool tick(std::uint64_t) override { return false; }
    LinkCounters counters() const noexcept override;
    const std::optional<Error>& closed() const noexcept override { return closed_; }
    void close(Error reason) override;
    void retire() override;

private:
    void count_read(const Message& message);

    const std::shared_ptr<LinkHost> host_;
    const wire::Hello ours_;
    const std::shared_ptr<InprocLane> out_;
    const std::shared_ptr<InprocLane> in_;
    std::weak_ptr<InprocLink> other_;
    std::weak_ptr<LinkHost> other_host_;
    std::weak_ptr<InprocPlace> place_;
    std::vector<Message> received_;
    std::vector<Message> preserved_;
    wire::SequenceTracker sequence_;
    memory::telemetry::Reading<base::Count>& reading_;  // a part of *cell_
    Progress progress_;
    std::optional<Error> closed_;
    const bool filters_;  // as writer: the reader wants only some types
};

}  // namespace mycelium::transport
