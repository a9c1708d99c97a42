#include "fabric/port.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host/os/clock.h"
#include "host/os/error.h"
#include "host/os/user.h"

namespace mycelium::fabric {

namespace {

memory::PortFacts facts_of(std::uint32_t number, wire::Pattern pattern, const Schema& schema,
                           const Schema& answer, std::uint64_t message_bytes_max,
                           const SubscriberOptions* wishes) noexcept {
    memory::PortFacts facts;
    facts.number = number;
    facts.pattern = static_cast<std::uint8_t>(pattern);
    facts.message_bytes_max = message_bytes_max;
    facts.opened_at_ns = os::unix_time_ns();
    facts.type = schema.name;
    if (pattern >= wire::Pattern::requester) facts.answer = answer.name;
    if (!wishes) return facts;
    facts.policy = static_cast<std::uint8_t>(wishes->slow);
    facts.queue_messages_max = wishes->queue_messages_max;
    facts.queue_bytes_max = wishes->queue_bytes_max;
    return facts;
}

}  // namespace

Port::Port(std::shared_ptr<NodeCore> node, wire::Pattern pattern, const Schema& schema,
           const Schema& answer, std::uint64_t message_bytes_max, Waiting waiting,
           const SubscriberOptions* wishes)
    : node_(std::move(node)),
      schema_(schema),
      answer_schema_(answer),
      number_(node_->next_port_number()),
      epoch_(random_number()),
      cell_(node_->telemetry().open_port(
          facts_of(number_, pattern, schema, answer, message_bytes_max, wishes))),
      counters_(cell_->numbers),
      pattern_(pattern),
      message_bytes_max_(message_bytes_max),
      waiting_(waiting) {}

Port::~Port() = default;

Result<void> Port::check_alive() const {
    if (node_->is_forked()) return os::forked();
    if (is_closed_) return Error{Errc::closed, "the port has closed"};
    if (node_->is_stopped()) return Error{Errc::closed, "the node has stopped"};
    return {};
}

Result<void> Port::check_not_forked() const {
    if (node_->is_forked()) return os::forked();
    return {};
}

Error Port::second_thread() {
    return {Errc::invalid, "another thread is using this port: give each thread its own"};
}

// --- Where it is ---

Result<void> Port::open(const Urls& urls, Role role) {
    if (urls.empty()) return Error{Errc::invalid, "a port needs at least one URL"};
    const bool binds_usually =
        pattern_ == wire::Pattern::publisher || pattern_ == wire::Pattern::replier;
    const bool is_bound = role == Role::bind || (role == Role::usual && binds_usually);
    for (const std::string& text : urls) {
        MYCELIUM_TRY_ASSIGN(const Url url, Url::parse(text));
        for (const Schema* schema : {&schema_, &answer_schema_})
            if (!schema->can_leave_process() && url.scheme != "inproc")
                return Error{Errc::unsupported, url.to_string() + ": the type " +
                                                    std::string{schema->name} +
                                                    " cannot leave this process: declare it with "
                                                    "MYCELIUM_FIELDS, MYCELIUM_FLAT or "
                                                    "MYCELIUM_TLV, or use inproc://"};
        is_on_shared_memory_ = is_on_shared_memory_ || url.scheme == "shm";
        const auto self = shared_from_this();
        auto endpoint = is_bound ? node_->bind(url, self) : node_->dial(url, self);
        if (!endpoint) return std::move(endpoint).error();
        std::lock_guard guard{places_mutex_};
        places_.push_back({*endpoint, (*endpoint)->url().to_string(), is_bound});
    }
    memory::set_urls(*cell_, this->urls());
    return {};
}

std::vector<std::string> Port::urls() const {
    if (node_->is_forked()) return {};
    std::lock_guard guard{places_mutex_};
    std::vector<std::string> all;
    for (const Place& place : places_) all.push_back(place.url);
    return all;
}

void Port::close() {
    if (node_->is_forked() || was_closed_.exchange(true)) return;
    {
        const std::lock_guard guard{admission_mutex_};
        is_closing_ = true;
    }
    std::vector<Place> places;
    {
        std::lock_guard guard{places_mutex_};
        places = places_;
    }
    for (const Place& place : places) {
        node_->release(place.endpoint, place.is_bound, *this);
    }
    hand_over();
    {
        const Holding holding{lock_};
        is_closed_ = true;
        while (!links_.empty()) {
            const LinkPtr link = links_.back();
            link->acknowledge();  // the last word on what was handed out
            link->close({Errc::closed, "the port has closed"});
            retire(link);
        }
        forget_links();
        memory::end(*cell_);
    }
    bell_->ring();
    std::lock_guard guard{places_mutex_};
    for (Place& place : places_) place.endpoint.reset();
}

// --- Links come and go ---

wire::Hello Port::hello(const std::string& url, std::optional<std::uint32_t> port) {
    wire::Hello hello;
    hello.pattern = pattern_;
    hello.node = node_->name();
    hello.node_id = node_->id();
    hello.port = number_;
    hello.epoch = epoch_;
    hello.pid = os::process_id();
    hello.type = wire::TypeInfo::of(schema_);
    if (pattern_ >= wire::Pattern::requester) hello.answer = wire::TypeInfo::of(answer_schema_);
    hello.message_bytes_max = message_bytes_max_;
    hello.references = can_pass_references(url);
    const Holding holding{lock_};
    complete_hello(hello, url, port);
    return hello;
}

bool Port::attach(LinkPtr link) {
    if (auto taken = take(link); !taken) {
        link->close(taken.error());
        if (taken.error() == Errc::closed) return false;
        refused(link->url(), taken.error(), link->peer().node, link->identity().pid);
        node_->reactor().post([link] { link->retire(); });
        return true;  // it was a link, if a short one: dial again
    }
    if (link->fd() >= 0) watch(link);
    add_event(Event::Kind::connected, *link);
    bell_->ring();
    return true;
}

Result<void> Port::take(const LinkPtr& link) {
    const Holding holding{lock_};
    if (!link->begin()) return Error{Errc::closed, "the peer has gone"};
    if (is_closed_) return Error{Errc::closed, "the port has closed"};
    if (links_.size() >= limits::links_per_port_max)
        return Error{Errc::overloaded, "the port has links_per_port_max, " +
                                           std::to_string(limits::links_per_port_max) + ", links"};
    link->id = next_link_id_++;
    if (link->fd() >= 0 && pattern_ != wire::Pattern::publisher) {
        if (!link->is_quiet()) MYCELIUM_TRY(poll_descriptors());
        if (poll_set_ && !is_muted_) MYCELIUM_TRY(poll_set_->add(link->fd(), link->id));
    }
    links_.push_back(link);
    attached(*link);
    link->read_news();  // what came with the introduction
    return {};
}

void Port::watch(const LinkPtr& link) {
    const auto handler = [weak_port = weak_from_this(),
                          weak = std::weak_ptr<transport::Link>{link}](std::uint32_t events) {
        if (const auto port = weak_port.lock()) port->on_link(weak, events);
    };
    if (auto watched = node_->reactor().watch(link->fd(), watched_events(*link), handler))
        link->watch = *watched;
    else
        end_unwatched(*link, watched.error());
    if (const int pidfd = link->identity().pidfd; pidfd >= 0) {
        auto watched = node_->reactor().watch(
            pidfd, os::Reactor::readable,
            [weak_port = weak_from_this(), weak = std::weak_ptr{link}](std::uint32_t) {
                const auto its = weak.lock();
                const auto port = weak_port.lock();
                if (!its || !port) return;
                port->node_->reactor().unwatch(std::exchange(its->pid_watch, 0));
                its->peer_died();
                port->driver_sweep();
            });
        if (watched) link->pid_watch = *watched;
    }
}

/// A publisher's sockets bring what its user never asks for. Those of quiet links bring news,
/// unless the port's caller polls them.
bool Port::driver_reads(const transport::Link& link) const noexcept {
    return pattern_ == wire::Pattern::publisher ||
           (link.is_quiet() && !is_polling_.load(std::memory_order_relaxed));
}

std::uint32_t Port::watched_events(const transport::Link& link) const noexcept {
    return os::Reactor::hang_up | (driver_reads(link) ? os::Reactor::readable : 0u);
}

/// As a publisher: of values that may be lent.
bool Port::can_pass_references(const std::string& url) const noexcept {
    if (!url.starts_with("unix:")) return false;
    if (pattern_ != wire::Pattern::publisher) return pattern_ == wire::Pattern::subscriber;
    return schema_.form == Form::bytes || schema_.form == Form::any;
}

std::shared_ptr<memory::SharedPool> Port::shared_pool() {
    if (!shared_pool_) shared_pool_ = std::make_shared<memory::SharedPool>(limits::loan_bytes_max);
    return shared_pool_;
}

void Port::end_unwatched(transport::Link& link, const Error& error) {
    {
        const Holding holding{lock_};
        link.close(error);
    }
    link.hang_up();
    link_ended();
}

void Port::unwatch(transport::Link& link) {
    node_->reactor().unwatch(std::exchange(link.watch, 0));
    node_->reactor().unwatch(std::exchange(link.pid_watch, 0));
}

void Port::on_link(const std::weak_ptr<transport::Link>& weak, std::uint32_t events) {
    const auto link = weak.lock();
    if (!link) return;
    if (link->is_quiet() && (events & os::Reactor::readable) != 0) {
        const Holding holding{lock_};
        if (!link->closed()) link->read_news();
    }
    if ((events & os::Reactor::writable) != 0) {
        bool is_drained = false;
        {
            const Holding holding{lock_};
            link->send_now();
            is_drained = link->queued_bytes() == 0 || link->closed() || link->is_hung_up();
        }
        if (is_drained) (void)node_->reactor().rewatch(link->watch, watched_events(*link));
    }
    if ((events & ~std::uint32_t{os::Reactor::writable | os::Reactor::readable}) != 0) {
        link->hang_up();
        // Its caller reads to the end; a level-triggered hang-up would spin.
        if (pattern_ != wire::Pattern::publisher) unwatch(*link);
    }
    if ((events & ~std::uint32_t{os::Reactor::writable}) != 0) driver_sweep();
    bell_->ring();
}

void Port::driver_sweep() {
    {
        const Holding holding{lock_};
        if (!is_closed_) sweep();
    }
    bell_->ring();
}

void Port::link_ended() {
    bell_->ring();
    try {
        node_->reactor().post([weak = weak_from_this()] {
            if (const auto port = weak.lock()) port->driver_sweep();
        });
    } catch (const std::bad_alloc&) {  // the next sweep sees it
    }
}

void Port::retire(const LinkPtr& link) {
    const LinkPtr held = link;
    std::function<void()> errand = [self = shared_from_this(), held] {
        self->unwatch(*held);
        held->retire();
    };
    retiring(*held);
    if (poll_set_ && held->fd() >= 0 && pattern_ != wire::Pattern::publisher)
        poll_set_->remove(held->fd());
    keep_numbers(*held);
    std::erase(links_, held);
    add_event(Event::Kind::disconnected, *held, held->closed());
    (void)node_->reactor().post(std::move(errand));  // a driver that has ended watches nothing
}

void Port::retire_closed() {
    for (std::size_t i = 0; i < links_.size();) {
        if (links_[i]->closed())
            retire(links_[i]);
        else
            ++i;
    }
}

void Port::with_link(const LinkPtr& link, void (*what)(transport::Link&, std::uint64_t),
                     std::uint64_t argument) {
    const Holding holding{lock_};
    if (!link->closed()) what(*link, argument);
}

// --- What links ask for ---

void Port::want_writable(transport::Link& link) {
    node_->reactor().post([self = shared_from_this(), id = link.id] {
        const LinkPtr its = self->link_with(id);
        if (!its || its->watch == 0) return;
        (void)self->node_->reactor().rewatch(its->watch,
                                             os::Reactor::writable | self->watched_events(*its));
    });
}

Port::LinkPtr Port::link_with(std::uint64_t id) const {
    const Holding holding{lock_};
    const auto found = std::find_if(links_.begin(), links_.end(),
                                    [id](const LinkPtr& one) { return one->id == id; });
    return found == links_.end() ? nullptr : *found;
}

void Port::want_tick() {
    if (!is_ticking_.exchange(true)) node_->tick(weak_from_this());
}

bool Port::tick(std::uint64_t now_ns) {
    const Holding holding{lock_};
    bool is_active = false;
    for (const LinkPtr& link : links_) is_active |= link->tick(now_ns);
    if (!is_active) is_ticking_.store(false);
    return is_active;
}

void Port::want_acknowledge() {
    if (is_acknowledging_.exchange(true)) return;
    // Weak: a timer must not keep a port alive that its user has let go of.
    const bool is_posted = node_->reactor().post([weak = weak_from_this()] {
        const auto port = weak.lock();
        if (!port) return;
        port->node_->reactor().at(os::now() + limits::ack_interval, [weak] {
            const auto self = weak.lock();
            if (!self) return;
            self->is_acknowledging_.store(false);
            const Holding holding{self->lock_};
            for (const LinkPtr& link : self->links_) link->acknowledge();
        });
    });
    if (!is_posted) is_acknowledging_.store(false);
}

// --- Who is there ---

std::size_t Port::peers() noexcept {
    if (node_->is_forked()) return 0;
    const Holding holding{lock_};
    return static_cast<std::size_t>(
        std::count_if(links_.begin(), links_.end(),
                      [](const LinkPtr& link) { return !link->is_hung_up() && !link->closed(); }));
}

std::vector<std::string> Port::peer_descriptions() {
    if (node_->is_forked()) return {};
    const Holding holding{lock_};
    std::vector<std::string> all;
    // Of a replier it is the answer that a tool wants to read.
    const bool is_asking = pattern_ == wire::Pattern::requester;
    for (const LinkPtr& link : links_)
        all.push_back(is_asking ? link->peer().answer.description : link->peer().type.description);
    return all;
}

// --- What happened ---

void Port::add_event(Event event) {
    event.at = os::now();
    note(event);
    std::lock_guard guard{events_mutex_};
    if (events_.size() >= limits::events_queued_max) events_.pop_front();
    events_.push_back(std::move(event));
}

void Port::add_event(Event::Kind kind, const transport::Link& link, std::string reason) {
    add_event(Event{kind,
                    link.url(),
                    link.peer().node,
                    link.identity().pid,
                    std::move(reason),
                    {},
                    link.id,
                    {}});
}

void Port::add_event(Event::Kind kind, const transport::Link& link,
                     const std::optional<Error>& why) {
    Event event{kind, link.url(), link.peer().node, link.identity().pid, {}, {}, link.id, {}};
    if (why) {
        event.reason = why->to_string();
        event.code = why->code();
    }
    add_event(std::move(event));
}

std::optional<Event> Port::try_event() {
    if (node_->is_forked()) return std::nullopt;
    std::lock_guard guard{events_mutex_};
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
}

void Port::refused(const std::string& url, const Error& error, const std::string& peer,
                   std::optional<std::int64_t> pid) {
    {
        std::lock_guard guard{events_mutex_};
        last_refusal_ = error.to_string();
    }
    add_event(Event{Event::Kind::refused, url, peer, pid, error.to_string(), error.code(), 0, {}});
    node_->warn(url + (peer.empty() ? "" : " (" + peer + ")") + ": " + error.to_string());
    bell_->ring();
}

void Port::not_reached(const Error& error) {
    const bool is_plain = error.detail() == ENOENT || error.detail() == ECONNREFUSED;
    std::lock_guard guard{events_mutex_};
    why_not_reached_ = is_plain ? std::string{} : error.message();
}

std::string Port::nobody_there() const {
    std::string text = "no " + std::string{wire::name_of(wire::counterpart(pattern_))} + " at";
    for (const std::string& url : urls()) text += " " + url;
    std::lock_guard guard{events_mutex_};
    if (!last_refusal_.empty()) return text + "; the last one was refused: " + last_refusal_;
    return why_not_reached_.empty() ? text : text + ": " + why_not_reached_;
}

}  // namespace mycelium::fabric
