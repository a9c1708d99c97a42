#include "host/transport/stream_listener.h"

#include <algorithm>
#include <utility>

#include "core/wire/error_info.h"
#include "core/wire/notices.h"
#include "host/os/clock.h"
#include "host/transport/url_options.h"

namespace mycelium::transport {

namespace {

constexpr Duration pause_when_short = std::chrono::milliseconds{50};

/// Why nobody here is for `them`: the last port is leaving (dial again), or it is of another
/// pattern.
Error no_counterpart(const std::string& url, const std::vector<std::shared_ptr<LinkHost>>& hosts,
                     const std::string& them) {
    if (hosts.empty()) return {Errc::unavailable, "that port has gone"};
    return {Errc::mismatch,
            url + " is bound by a " + std::string{name_of(hosts.front()->pattern())} + ", " + them};
}

}  // namespace

void run_on(os::Reactor& reactor, const std::function<void()>& errand) {
    const auto done = std::make_shared<os::Doorbell>();
    const auto ticket = done->ticket();
    const bool is_posted = !reactor.is_own_thread() && reactor.post([&errand, done] {
        errand();
        done->ring();
    });
    if (!is_posted) return errand();
    done->wait(ticket, never);
}

Result<std::shared_ptr<Endpoint>> StreamListener::create(std::shared_ptr<StreamTransport> streams,
                                                         LinkKind kind, const Url& url,
                                                         Surroundings around,
                                                         std::shared_ptr<memory::BlockPool> pool) {
    MYCELIUM_TRY_ASSIGN(auto listener, streams->listen(url));
    std::shared_ptr<StreamListener> endpoint{new StreamListener{
        std::move(streams), kind, std::move(listener), std::move(around), std::move(pool)}};
    if (!endpoint->around_.reactor->post([endpoint] { endpoint->watch(); }))
        return Error{Errc::closed, "the node has stopped"};
    return std::shared_ptr<Endpoint>{std::move(endpoint)};
}

StreamListener::StreamListener(std::shared_ptr<StreamTransport> streams, LinkKind kind,
                               std::unique_ptr<Listener> listener, Surroundings around,
                               std::shared_ptr<memory::BlockPool> pool)
    : streams_(std::move(streams)),
      kind_(kind),
      around_(std::move(around)),
      pool_(std::move(pool)),
      url_(listener->url()),
      url_text_(url_.to_string()),
      is_checked_(transport::is_checked(*streams_, url_)),
      listener_(std::move(listener)) {}

StreamListener::~StreamListener() = default;

void StreamListener::add(std::shared_ptr<LinkHost> host) {
    std::vector<Made> made;
    {
        std::lock_guard guard{mutex_};
        hosts_.push_back(host);
        std::erase_if(made_, [](const Made& one) { return one.link.expired(); });
        made = made_;
    }
    for (const Made& one : made) {
        const auto other = one.host.lock();
        const auto link = one.link.lock();
        if (other && link && other->pattern() == host->pattern())
            announce(*other, link, host->number());
    }
}

void StreamListener::remove(const LinkHost& host) {
    std::lock_guard guard{mutex_};
    std::erase_if(hosts_, [&](const auto& one) { return one.get() == &host; });
}

void StreamListener::close() {
    run_on(*around_.reactor, [this] {
        around_.reactor->unwatch(std::exchange(watch_, 0));
        around_.reactor->cancel(std::exchange(pause_, 0));
        arrivals_.clear();
        listener_.reset();
    });
    std::lock_guard guard{mutex_};
    hosts_.clear();
    made_.clear();
}

StreamListener::Hosts StreamListener::hosts() const {
    std::lock_guard guard{mutex_};
    return hosts_;
}

void StreamListener::watch() {
    if (!listener_ || watch_ != 0) return;
    auto watch = around_.reactor->watch(listener_->fd(), os::Reactor::readable,
                                        [weak = weak_from_this()](std::uint32_t) {
                                            if (const auto self = weak.lock()) self->accept();
                                        });
    if (watch)
        watch_ = *watch;
    else
        pause(pause_when_short);
}

void StreamListener::pause(Duration duration) {
    around_.reactor->unwatch(std::exchange(watch_, 0));
    if (pause_ != 0) return;
    pause_ = around_.reactor->at(os::now() + duration, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->pause_ = 0;
        self->watch();
    });
}

void StreamListener::accept() {
    while (listener_) {
        if (arrivals_.size() >= limits::handshakes_pending_max) return pause(pause_when_short);
        auto accepted = listener_->accept();
        if (!accepted) return pause(pause_when_short);  // descriptors or memory: they come back
        if (!*accepted) return;
        const auto arrival = arrivals_.emplace(arrivals_.end());
        const std::weak_ptr<StreamListener> weak = weak_from_this();
        arrival->introducing = std::make_unique<Introducing>(
            *around_.reactor, std::move(*accepted),
            Introducing::Handlers{.connected = {},
                                  .first_message =
                                      [weak, arrival] {
                                          if (auto self = weak.lock()) self->greet(arrival);
                                      },
                                  .failed =
                                      [weak, arrival](const Error& error) {
                                          if (auto self = weak.lock())
                                              self->refuse(arrival, nullptr, error, {});
                                      }});
        arrival->introducing->find_identity();
        if (auto allowed = check_user(url_, arrival->introducing->identity()); !allowed)
            refuse(arrival, nullptr, allowed.error(), {});
        else if (auto begun = arrival->introducing->begin(false); !begun)
            refuse(arrival, nullptr, begun.error(), {});
    }
}

void StreamListener::greet(Arrivals::iterator arrival) {
    const auto& first = arrival->introducing->first();
    if (!kind_.takes_plain && ((first.header.flags & flag_control) == 0 || !first.is_whole))
        return refuse(arrival, nullptr, {Errc::malformed, "the first message is no hello"}, {});
    if ((first.header.flags & flag_control) == 0 || !first.is_whole) return attach_plain(arrival);
    auto message = wire::decode_fast_message(first.payload);
    if (!message) return refuse(arrival, nullptr, message.error(), {});
    if (message->method == wire::method_hello) return answer_hello(arrival, *message);
    if (!kind_.takes_plain)
        return refuse(arrival, &*message, {Errc::malformed, "the first message is no hello"}, {});
    attach_plain(arrival);
}

std::shared_ptr<LinkHost> StreamListener::host_for(const Hosts& hosts, wire::Pattern pattern,
                                                   const std::vector<std::uint32_t>& wanted,
                                                   std::vector<std::uint32_t>& all) {
    std::shared_ptr<LinkHost> found;
    for (const auto& host : hosts) {
        if (host->pattern() != pattern) continue;
        all.push_back(host->number());
        const bool fits = wanted.empty() ||
                          std::find(wanted.begin(), wanted.end(), host->number()) != wanted.end();
        if (!found && fits) found = host;
    }
    return found;
}

void StreamListener::answer_hello(Arrivals::iterator arrival, const wire::FastMessage& request) {
    auto theirs =
        request.params && !request.params_inline
            ? wire::decode_hello(*request.params)
            : Result<wire::Hello>{Error{Errc::malformed, "a hello has its map in params, as bin"}};
    if (!theirs) return refuse(arrival, &request, theirs.error(), {});
    std::vector<std::uint32_t> all;
    const Hosts hosts = this->hosts();
    const auto host = host_for(hosts, wire::counterpart(theirs->pattern), theirs->ports, all);
    if (!host && !all.empty())
        return refuse(arrival, &request, {Errc::unavailable, "that port has gone"}, theirs->node);
    if (!host)
        return refuse(arrival, &request,
                      no_counterpart(url_text_, hosts,
                                     "a " + std::string{name_of(theirs->pattern)} + " needs a " +
                                         std::string{name_of(wire::counterpart(theirs->pattern))}),
                      theirs->node);
    Introduction introduction;
    introduction.ours = host->hello(url_text_, theirs->port);
    introduction.ours.ports = all;
    if (auto agreed = wire::compatible(introduction.ours, *theirs); !agreed)
        return refuse(arrival, &request, agreed.error(), theirs->node);
    const auto pid = arrival->introducing->identity().pid;
    if (auto admitted = host->admits(*theirs, url_text_, pid); !admitted)
        return refuse(arrival, &request, admitted.error(), theirs->node);

    const auto hello = wire::encode_hello(introduction.ours);
    wire::FastMessage response;
    response.type = wire::FastMessage::Type::response;
    response.id = request.id;
    response.result = hello;
    introduction.answer = frame_of(response, is_checked_);
    introduction.theirs = *std::move(theirs);
    attach(arrival, host, std::move(introduction), false);
}

void StreamListener::attach_plain(Arrivals::iterator arrival) {
    const auto& first = arrival->introducing->first();
    const bool is_call = (first.header.flags & flag_control) != 0;
    Introduction introduction;
    introduction.theirs.pattern = is_call ? wire::Pattern::requester : wire::Pattern::publisher;
    introduction.is_plain = true;
    std::vector<std::uint32_t> all;
    const Hosts hosts = this->hosts();
    const auto host = host_for(hosts, wire::counterpart(introduction.theirs.pattern), {}, all);
    if (!host)
        return refuse(arrival, nullptr,
                      no_counterpart(url_text_, hosts,
                                     is_call ? "a call needs a replier"
                                             : "data without a hello needs a subscriber"),
                      {});
    const auto pid = arrival->introducing->identity().pid;
    if (auto admitted = host->admits(introduction.theirs, url_text_, pid); !admitted)
        return refuse(arrival, nullptr, admitted.error(), {});
    introduction.ours = host->hello(url_text_, std::nullopt);
    attach(arrival, host, std::move(introduction), true);
}

void StreamListener::attach(Arrivals::iterator arrival, std::shared_ptr<LinkHost> host,
                            Introduction introduction, bool with_first) {
    introduction.url = url_text_;
    introduction.identity = arrival->introducing->take_identity();
    introduction.is_checked = is_checked_;
    introduction.received = arrival->introducing->take_received(with_first);
    auto stream = arrival->introducing->take_stream();
    arrivals_.erase(arrival);
    const auto told = introduction.ours.ports;
    const auto link =
        kind_.make(std::move(stream), std::move(introduction), host, weak_from_this(), pool_);
    if (!host->attach(link)) return;
    Hosts hosts;
    {
        std::lock_guard guard{mutex_};
        std::erase_if(made_, [](const Made& one) { return one.link.expired(); });
        made_.push_back({link, host});
        hosts = hosts_;
    }
    // Those that were added while the hello was on its way.
    for (const auto& other : hosts)
        if (other->pattern() == host->pattern() && other != host &&
            std::find(told.begin(), told.end(), other->number()) == told.end())
            announce(*host, link, other->number());
}

void StreamListener::announce(LinkHost& host, const std::shared_ptr<Link>& link,
                              std::uint32_t port) {
    host.with_link(
        link,
        [](Link& its, std::uint64_t number) {
            its.announce_port(static_cast<std::uint32_t>(number));
        },
        port);
}

void StreamListener::refuse(Arrivals::iterator arrival, const wire::FastMessage* request,
                            const Error& error, const std::string& peer) {
    const std::optional<std::int64_t> pid = arrival->introducing->identity().pid;
    if (error.code() != Errc::unavailable)
        for (const auto& host : hosts()) host->refused(url_text_, error, peer, pid);
    wire::FastMessage response;
    response.type = wire::FastMessage::Type::response;
    response.id = request ? request->id.value_or(0) : 0;
    response.is_json = request && request->is_json;
    response.error = wire::error_info_of(error);
    (void)arrival->introducing->send(response, is_checked_);
    arrival->introducing->stream().shutdown();
    arrivals_.erase(arrival);
}

}  // namespace mycelium::transport
