#include "host/transport/stream_dialer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "core/wire/error_info.h"
#include "core/wire/notices.h"
#include "host/os/clock.h"
#include "host/transport/stream_listener.h"
#include "host/transport/url_options.h"

namespace mycelium::transport {

namespace {

/// A link that lived less than this was no success: its successor is dialled with the grown pause.
constexpr Duration short_life = std::chrono::milliseconds{100};

}  // namespace

Result<std::shared_ptr<Endpoint>> StreamDialer::create(std::shared_ptr<StreamTransport> streams,
                                                       LinkKind kind, const Url& url,
                                                       Surroundings around,
                                                       std::shared_ptr<LinkHost> host,
                                                       std::shared_ptr<memory::BlockPool> pool) {
    std::shared_ptr<StreamDialer> dialer{new StreamDialer{
        std::move(streams), kind, url, std::move(around), std::move(host), std::move(pool)}};
    if (!dialer->around_.reactor->post([dialer] { dialer->add_line(std::nullopt); }))
        return Error{Errc::closed, "the node has stopped"};
    return std::shared_ptr<Endpoint>{std::move(dialer)};
}

StreamDialer::StreamDialer(std::shared_ptr<StreamTransport> streams, LinkKind kind, const Url& url,
                           Surroundings around, std::shared_ptr<LinkHost> host,
                           std::shared_ptr<memory::BlockPool> pool)
    : streams_(std::move(streams)),
      kind_(kind),
      url_(url),
      url_text_(url.to_string()),
      around_(std::move(around)),
      pool_(std::move(pool)),
      is_checked_(transport::is_checked(*streams_, url_)),
      host_(std::move(host)) {}

void StreamDialer::close() {
    run_on(*around_.reactor, [this] {
        for (Line& line : lines_) around_.reactor->cancel(line.timer);
        lines_.clear();
        host_.reset();
    });
}

void StreamDialer::add_line(std::optional<std::uint32_t> wanted) {
    if (!host_ || lines_.size() >= limits::ports_per_url_max) return;
    const auto seed = os::unix_time_ns() ^ (std::uint64_t{host_->number()} << 32) ^ lines_.size();
    const auto line = lines_.emplace(
        lines_.end(), base::Backoff{limits::redial_first, limits::redial_last, seed});
    line->wanted = wanted;
    dial(line);
}

void StreamDialer::port_added(std::uint32_t port) {
    around_.reactor->post([weak = weak_from_this(), port] {
        if (const auto self = weak.lock(); self && !self->has_line_to(port, nullptr))
            self->add_line(port);
    });
}

bool StreamDialer::has_line_to(std::uint32_t port, const Line* other_than) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const Line& line) {
        return &line != other_than && (line.wanted == port || line.linked == port);
    });
}

void StreamDialer::dial(Lines::iterator line) {
    auto stream = streams_->dial(url_);
    if (!stream) return failed(line, stream.error());
    const std::weak_ptr<StreamDialer> weak = weak_from_this();
    line->introducing =
        std::make_unique<Introducing>(*around_.reactor, std::move(*stream),
                                      Introducing::Handlers{.connected =
                                                                [weak, line] {
                                                                    if (auto self = weak.lock())
                                                                        self->introduce(line);
                                                                },
                                                            .first_message =
                                                                [weak, line] {
                                                                    if (auto self = weak.lock())
                                                                        self->answered(line);
                                                                },
                                                            .failed =
                                                                [weak, line](const Error& error) {
                                                                    if (auto self = weak.lock())
                                                                        self->failed(line, error);
                                                                }});
    if (auto begun = line->introducing->begin(true); !begun) failed(line, begun.error());
}

void StreamDialer::introduce(Lines::iterator line) {
    Introducing& introducing = *line->introducing;
    if (auto ready = streams_->ready(introducing.stream()); !ready)
        return failed(line, ready.error());
    introducing.find_identity();
    if (auto allowed = check_user(url_, introducing.identity()); !allowed)
        return failed(line, allowed.error());
    line->ours = host_->hello(url_text_, line->wanted ? line->wanted : line->last);
    if (line->wanted) line->ours.ports = {*line->wanted};
    const auto hello = wire::encode_hello(line->ours);
    wire::FastMessage request;
    request.id = 1;
    request.method = wire::method_hello;
    request.params = hello;
    if (!introducing.send(request, is_checked_))
        return failed(line, {Errc::unavailable, "the peer closed the connection at once"});
    introducing.await_first_message();
}

void StreamDialer::answered(Lines::iterator line) {
    const auto& first = line->introducing->first();
    auto response =
        first.is_whole && (first.header.flags & flag_control) != 0
            ? wire::decode_fast_message(first.payload)
            : Result<wire::FastMessage>{Error{Errc::malformed, "the first message is no hello"}};
    if (!response) return failed(line, response.error());
    if (response->error) return failed(line, wire::error_of(*response->error));
    auto theirs =
        response->result && !response->result_inline
            ? wire::decode_hello(*response->result)
            : Result<wire::Hello>{Error{Errc::malformed, "a hello is answered with a map, as bin"}};
    if (!theirs) return failed(line, theirs.error());
    if (auto agreed = wire::compatible(line->ours, *theirs); !agreed)
        return failed(line, agreed.error(), theirs->node);
    try {
        attach(line, *std::move(theirs));
    } catch (const std::bad_alloc&) {
        line->link = nullptr;
        line->linked.reset();
        failed(line, {Errc::overloaded, "no memory"});
    }
}

void StreamDialer::attach(Lines::iterator line, wire::Hello theirs) {
    if (has_line_to(theirs.port, &*line)) {
        lines_.erase(line);  // it had asked for whichever is first, which another line has
        return;
    }
    Introduction introduction;
    introduction.ours = line->ours;
    introduction.url = url_text_;
    introduction.identity = line->introducing->take_identity();
    introduction.is_checked = is_checked_;
    introduction.received = line->introducing->take_received(false);
    auto stream = line->introducing->take_stream();
    line->introducing.reset();
    line->linked = line->last = theirs.port;
    line->linked_at = os::now();
    const auto ports = theirs.ports;
    introduction.theirs = std::move(theirs);
    last_refusal_.clear();
    const auto link =
        kind_.make(std::move(stream), std::move(introduction), host_, weak_from_this(), pool_);
    line->link = link.get();
    if (!host_->attach(link)) {
        line->link = nullptr;
        line->linked.reset();
        return;
    }
    for (const std::uint32_t port : ports)
        if (!has_line_to(port, nullptr)) add_line(port);
}

void StreamDialer::link_retired(Link& link) {
    const auto line = std::find_if(lines_.begin(), lines_.end(),
                                   [&](const Line& one) { return one.link == &link; });
    if (line == lines_.end()) return;
    line->link = nullptr;
    // It was for whichever is first; among several it asks for its own, not for one that another
    // line has.
    if (lines_.size() > 1) line->wanted = line->linked;
    line->linked.reset();
    if (os::now() - line->linked_at > short_life) line->backoff.reset();
    retry(line, line->backoff.next());
}

void StreamDialer::failed(Lines::iterator line, const Error& error, const std::string& peer) {
    std::optional<std::int64_t> pid;
    if (line->introducing) pid = line->introducing->identity().pid;
    line->introducing.reset();
    const bool has_gone = error.code() == Errc::unavailable;
    if (has_gone) host_->not_reached(error);
    if (has_gone && line->wanted) {
        if (lines_.size() > 1) {  // that port has gone; the last line finds what is there now
            lines_.erase(line);
            return;
        }
        line->wanted.reset();
    }
    if (!has_gone && error.to_string() != last_refusal_) {
        last_refusal_ = error.to_string();
        host_->refused(url_text_, error, peer, pid);
    }
    retry(line, has_gone || error.code() == Errc::overloaded ? line->backoff.next()
                                                             : limits::redial_last);
}

void StreamDialer::retry(Lines::iterator line, Duration pause) {
    line->timer = around_.reactor->at(os::now() + pause, [weak = weak_from_this(), line] {
        const auto self = weak.lock();
        if (!self) return;
        line->timer = 0;
        self->dial(line);
    });
}

}  // namespace mycelium::transport
