#include "relay/engine.h"

#include <array>
#include <new>
#include <utility>

#include <mycelium/tlv.h>
#include <mycelium/url.h>

#include "host/os/clock.h"
#include "host/os/poll.h"

namespace mycelium::relay {

namespace {

constexpr std::size_t batch_max = 64;
constexpr std::size_t origins_max = 4096;  // whose losses are remembered

mesh::BreakerLimits limits_of(const RelayOptions& options) {
    return {options.flaps_max, options.flap_window, options.flap_rest, 1};
}

/// Those that only this machine reaches, and this user.
Urls local_ones(const Urls& urls) {
    Urls local;
    for (const std::string& text : urls)
        if (const auto url = Url::parse(text); url && url->scheme != "tcp") local.push_back(text);
    return local;
}

/// As long as somebody polls the bell.
class Announced {
public:
    explicit Announced(os::Doorbell& bell) noexcept : bell_(bell) { bell_.announce(); }
    ~Announced() { bell_.withdraw(); }
    Announced(const Announced&) = delete;
    Announced& operator=(const Announced&) = delete;

private:
    os::Doorbell& bell_;
};

}  // namespace

Engine::Engine(Node& node, const RelayOptions& options)
    : name_(node.name()),
      domain_(options.domain),
      sources_(limits_of(options)),
      batch_(batch_max) {}

Result<std::unique_ptr<Engine>> Engine::create(Node& node, const RelayOptions& options) {
    if (options.domain < 1 || options.domain > 3)
        return Error{Errc::invalid,
                     "a relay's domain is 1 (market data), 2 (signal) or 3 "
                     "(execution), not " +
                         std::to_string(options.domain)};
    std::unique_ptr<Engine> engine{new Engine{node, options}};
    PublisherOptions out;
    out.block_max = options.block_max;
    out.linger = options.linger;
    out.history = options.history;
    out.message_bytes_max = options.message_bytes_max;
    out.admit = [its = engine.get()](const Candidate& candidate) {
        return its->consumers_.admit(candidate);
    };
    SubscriberOptions in;
    in.role = Role::bind;
    in.queue_messages_max = options.queue_messages_max;
    in.message_bytes_max = options.message_bytes_max;
    in.admit = [its = engine.get()](const Candidate& candidate) {
        if (its->is_draining_) return Result<void>{Error{Errc::unavailable, "the relay is ending"}};
        its->note_events();
        return its->sources_.admit(candidate, os::now());
    };
    MYCELIUM_TRY_ASSIGN(engine->out_, node.publisher_port(options.out, any_schema(), out));
    MYCELIUM_TRY_ASSIGN(engine->in_, node.subscriber_port(options.in, any_schema(), in));
    const Urls control = options.control.empty() ? local_ones(options.out) : options.control;
    if (!control.empty()) {
        MYCELIUM_TRY_ASSIGN(engine->control_, (node.replier<RelayCommand, RelayReport>(control)));
    }
    MYCELIUM_TRY(engine->open());
    return engine;
}

Result<void> Engine::open() {
    noted_.store(&*in_, std::memory_order_release);
    in_urls_ = in_->urls();
    out_urls_ = out_->urls();
    if (!control_) return {};
    control_urls_ = control_->port().urls();
    MYCELIUM_TRY_ASSIGN(answering_,
                        os::Thread::start("relay-control", [this] { keep_answering(); }));
    return {};
}

Engine::~Engine() {
    stop();
    answering_.join();
    control_.reset();
    in_.reset();
    out_.reset();  // lingers
}

void Engine::stop() noexcept {
    is_stopping_ = true;
    if (in_) in_->interrupt();
    if (out_) out_->interrupt();
    bell_.ring();
}

// --- Forwarding ---

Result<void> Engine::run() {
    while (!is_stopping_) {
        auto shown = in_->peek_until(never, batch_max);
        if (!shown && shown.error() == Errc::timeout) continue;
        if (!shown && shown.error() == Errc::closed) return {};
        if (!shown) return std::move(shown).error();
        if (!wait_while_paused()) return {};
        const std::uint64_t malformed = malformed_;
        forward(*shown);
        in_->take(shown->size());
        for (std::uint64_t bad = malformed; bad < malformed_; ++bad) in_->discard();
    }
    return {};
}

/// False: the node has stopped, which rings no bell of ours.
bool Engine::wait_while_paused() {
    constexpr Duration between_looks = std::chrono::milliseconds{200};
    while (is_paused_ && !is_stopping_) {
        const auto ticket = bell_.ticket();
        if (is_paused_ && !is_stopping_) (void)bell_.wait(ticket, os::now() + between_looks);
        if (auto alive = in_->is_ready(); !alive && alive.error() == Errc::closed) return false;
    }
    return true;
}

void Engine::forward(std::span<const Message> shown) {
    Source& source = source_of_last();
    std::size_t count = 0;
    for (const Message& message : shown) {
        if (message.missed.total() != 0)
            for (std::size_t i = 0; i < drop_reason_count; ++i)
                source.missed[i] += message.missed.by_reason[i];
        Message& to = batch_[count];
        add_origin(message, source, to);
        if (!is_of_domain(message, source)) continue;
        to.header.source = message.header.source;
        to.header.relay_domain = domain_;
        to.payload.bytes = message.payload.bytes;
        to.payload.has_bytes = true;
        if (message.payload.owner) to.payload.owner = message.payload.owner;
        ++count;
    }
    if (count == 0) return;
    if (!std::exchange(is_link_good_, true)) sources_.note_good(source_link_);
    // What a consumer does not get is counted there.
    if (out_->forward({batch_.data(), count})) {
        source.forwarded += count;
        forwarded_ += count;
    } else {
        forward_one_by_one(count, source);
    }
    arrivals_.note(forwarded_, batch_[count - 1].origin.timestamp);
    for (std::size_t i = 0; i < count; ++i)
        if (batch_[i].payload.owner) batch_[i].payload.owner.reset();
}

/// One of them is too much: the others go on.
void Engine::forward_one_by_one(std::size_t count, Source& source) {
    for (std::size_t i = 0; i < count; ++i) {
        if (out_->forward({&batch_[i], 1})) {
            ++source.forwarded;
            ++forwarded_;
        } else {
            ++source.failed;
        }
    }
}

Source& Engine::source_of_last() {
    const std::uint64_t link = in_->last_link();
    if (source_ && link == source_link_) return *source_;
    source_link_ = link;
    is_link_good_ = false;
    const LinkInfo sender = in_->sender();  // who may have gone since
    source_ = sources_.of(sender);
    source_->id = sender.epoch != 0 ? sender.epoch : sender.id;
    return *source_;
}

/// What goes no further is counted, and who else publishes does not notice.
bool Engine::is_of_domain(const Message& message, Source& source) {
    const auto type = tlv::first_type(message.payload.bytes);
    if (type && tlv::domain_of(*type) == domain_) return true;
    if (type) {
        ++source.misrouted;
        ++misrouted_;
    } else {
        ++source.malformed;
        ++malformed_;
    }
    return false;
}

void Engine::add_origin(const Message& message, const Source& source, Message& to) {
    if (message.origin.id != 0)
        to.origin = message.origin;  // it has passed through a relay before
    else
        to.origin = {source.id, message.header.sequence, message.header.timestamp, 0};
    to.origin.lost = 0;
    if (message.missed.count() != 0) {
        if (lost_.size() >= origins_max && lost_.count(to.origin.id) == 0)
            lost_.erase(lost_.begin());
        std::uint64_t& lost = lost_[to.origin.id];
        lost += std::min(message.missed.count(), UINT64_MAX / 2 - std::min(lost, UINT64_MAX / 2));
    }
    if (lost_.empty()) return;
    if (const auto found = lost_.find(to.origin.id); found != lost_.end())
        to.origin.lost = found->second;
}

// --- Being asked ---

/// Without memory, or descriptors, it tries again: somebody may want to know what is the matter.
void Engine::keep_answering() noexcept {
    constexpr Duration rest = std::chrono::milliseconds{500};
    while (!is_stopping_) {
        try {
            if (auto ended = answer(); ended || ended.error() == Errc::closed) return;
        } catch (const std::bad_alloc&) {
        }
        const auto ticket = bell_.ticket();
        if (!is_stopping_) (void)bell_.wait(ticket, os::now() + rest);
    }
}

Result<void> Engine::answer() {
    MYCELIUM_TRY_ASSIGN(const int bell, bell_.fd());
    const Announced announced{bell_};
    while (!is_stopping_) {
        std::array<os::Polled, 2> polled{{{.fd = control_->fd()}, {.fd = bell}}};
        MYCELIUM_TRY_ASSIGN(const bool is_asked, control_->is_ready());
        if (!is_asked && !is_stopping_) MYCELIUM_TRY(os::poll(polled, never));
        bell_.quiet();
        auto request = control_->try_receive();
        if (!request) continue;
        const auto managed = manage(request->question());
        if (managed)
            (void)request->answer(report());
        else
            (void)request->fail(static_cast<std::int64_t>(managed.error().code()),
                                managed.error().message());
    }
    return {};
}

void Engine::note_events() {
    SubscriberPort* const port = noted_.load(std::memory_order_acquire);  // pairs with open()
    if (!port) return;
    const std::lock_guard guard{noting_};
    while (const auto event = port->try_event()) sources_.note(*event);
}

RelayReport Engine::report() {
    note_events();
    RelayReport all;
    all.name = name_;
    all.domain = domain_;
    all.in = in_urls_;
    all.out = out_urls_;
    all.state = is_draining_ ? "draining" : is_paused_ ? "paused" : "running";
    all.forwarded = forwarded_;
    all.malformed = malformed_;
    all.misrouted = misrouted_;
    all.at_ns = os::unix_time_ns();
    sources_.report(all.sources, in_->links(), os::now());
    for (const LinkInfo& link : out_->links()) all.consumers.push_back(row_of(link, all.at_ns));
    consumers_.report(all.consumers);
    return all;
}

RelayConsumer Engine::row_of(const LinkInfo& link, std::uint64_t now_ns) {
    RelayConsumer row;
    row.name = link.node;
    row.pid = link.pid.value_or(0);
    row.url = link.url;
    row.link = link.id;
    row.policy = name_of(link.slow);
    row.types = link.types.to_vector();
    row.sent = link.counters.sent;
    row.delivered = link.counters.delivered;
    row.lag = link.counters.in_flight();
    row.dropped.assign(link.counters.dropped.begin(), link.counters.dropped.end());
    const auto decided = consumers_.decision(row.name, row.pid);
    row.state = link.is_paused    ? "paused"
                : decided         ? name_of(*decided)
                : link.is_demoted ? "slow"
                                  : "active";
    if (row.lag != 0 && row.lag <= forwarded_) {
        const std::uint64_t since = arrivals_.time_of(forwarded_ - row.lag + 1);
        row.lag_ns = since != 0 && since < now_ns ? now_ns - since : 0;
    }
    return row;
}

}  // namespace mycelium::relay
