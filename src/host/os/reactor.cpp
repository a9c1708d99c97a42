#include "host/os/reactor.h"

#include <sys/eventfd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/os/clock.h"
#include "host/os/epoll.h"
#include "host/os/error.h"
#include "host/os/fd.h"
#include "host/os/thread.h"

namespace mycelium::os {

static_assert(std::uint32_t{Reactor::readable} == EPOLLIN &&
              std::uint32_t{Reactor::writable} == EPOLLOUT &&
              std::uint32_t{Reactor::hang_up} == EPOLLRDHUP);

namespace {

thread_local const Reactor* running_here = nullptr;

struct Running {
    explicit Running(const Reactor* reactor) noexcept { running_here = reactor; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { running_here = outer; }
    const Reactor* const outer = running_here;
};

constexpr Reactor::Watch bell_key = 0;  // no watch has it

// What nudge() and the ticking loop tell each other. The loop sets `looking` before each tick; a
// nudge sets `nudged`; after a tick that found nothing the loop may only rest if it is `looking`
// still.
enum TickState : std::uint32_t { resting, looking, nudged };

// A handler that finds no memory has done what it could: the host process goes on, and what the
// handler was about comes again by its descriptor or its peer's next try.
template <class Handler>
void guarded(const Handler& handler) {
    try {
        handler();
    } catch (const std::bad_alloc&) {
        return;
    }
}

}  // namespace

// The loop's thread owns everything but the errands, which the mutex guards, and the tick's state.
struct Reactor::Impl {
    // Shared, so that a handler that unwatches itself lives until it returns.
    struct Watched {
        int fd;
        std::shared_ptr<const std::function<void(std::uint32_t)>> handler;
    };
    using Moment = std::pair<Instant, Timer>;

    Kernel kernel;
    Fd epoll;
    Fd bell;  // readable while an errand, a nudge or the end has to be looked at
    std::uint32_t generation = fork_generation();

    std::unordered_map<Watch, Watched> watches;
    Watch next_watch = bell_key + 1;

    std::map<Moment, std::function<void()>> timers;
    std::unordered_map<Timer, Instant> timer_times;
    Timer next_timer = 1;

    Duration interval{};
    std::shared_ptr<const std::function<bool()>> tick;
    Instant next_tick = never;  // never: resting
    std::atomic<std::uint32_t> tick_state{resting};

    std::mutex mutex;
    std::vector<std::function<void()>> errands;
    bool has_stopped = false;

    bool is_forked() const noexcept { return generation != fork_generation(); }
    Result<void> control(int operation, int fd, Watch watch, std::uint32_t events) noexcept;
    void wake() const noexcept { ::eventfd_write(bell.get(), 1); }
    void quiet() const noexcept;
    void dispatch(std::span<const epoll_event> events);
    void run_timers(Instant now);
    void run_tick(Instant now);
    bool run_errands();
    Instant next_deadline() const noexcept;
};

Result<void> Reactor::Impl::control(int operation, int fd, Watch watch,
                                    std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.u64 = watch;
    if (::epoll_ctl(epoll.get(), operation, fd, &event) == 0) return {};
    if (errno == EPERM) return Error{Errc::invalid, "this descriptor cannot be waited for", EPERM};
    return error_from(errno, "watching descriptor " + std::to_string(fd));
}

void Reactor::Impl::quiet() const noexcept {
    eventfd_t count = 0;
    ::eventfd_read(bell.get(), &count);
}

void Reactor::Impl::dispatch(std::span<const epoll_event> events) {
    for (const epoll_event& event : events) {
        if (event.data.u64 == bell_key) {
            quiet();
            continue;
        }
        // Looked up anew for each: an earlier handler of this batch may have unwatched it.
        const Watch watch = event.data.u64;  // a copy: the event is packed, the number may lie anywhere
        const auto found = watches.find(watch);
        if (found == watches.end()) continue;
        const auto handler = found->second.handler;
        guarded([&] { (*handler)(event.events); });
    }
}

void Reactor::Impl::run_timers(Instant now) {
    // Timers set by these handlers wait for the next turn, so that one which sets itself again
    // starves nobody.
    const Timer newest = next_timer;
    while (!timers.empty()) {
        const auto first = timers.begin();
        if (first->first.first > now || first->first.second >= newest) return;
        const auto handler = std::move(first->second);
        timer_times.erase(first->first.second);
        timers.erase(first);
        guarded(handler);
    }
}

void Reactor::Impl::run_tick(Instant now) {
    if (!tick) {
        next_tick = never;
        return;
    }
    if (next_tick == never) {
        if (tick_state.load(std::memory_order_acquire) != resting) next_tick = now + interval;
        return;
    }
    if (now < next_tick) return;
    const auto current = tick;                                // it may replace itself
    tick_state.exchange(looking, std::memory_order_acq_rel);  // pairs with the exchange in nudge()
    bool goes_on = true;
    guarded([&] { goes_on = (*current)(); });
    std::uint32_t state = looking;
    if (!goes_on && tick_state.compare_exchange_strong(state, resting, std::memory_order_acq_rel)) {
        next_tick = never;
    } else {
        next_tick = os::now() + interval;
    }
}

// False: the end has come and no errand is left.
bool Reactor::Impl::run_errands() {
    std::vector<std::function<void()>> batch;
    bool goes_on = true;
    {
        const std::lock_guard lock{mutex};
        batch.swap(errands);
        goes_on = !has_stopped;
    }
    for (const auto& errand : batch) guarded(errand);
    return goes_on;
}

Instant Reactor::Impl::next_deadline() const noexcept {
    return timers.empty() ? next_tick : std::min(next_tick, timers.begin()->first.first);
}

Reactor::Reactor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Reactor::~Reactor() {
    // The loop's thread does not exist in a forked child and may have been changing anything here:
    // leave it as it is.
    if (impl_->is_forked()) [[maybe_unused]]
        auto* left = impl_.release();
}

Result<std::unique_ptr<Reactor>> Reactor::create(Kernel kernel) {
    auto impl = std::make_unique<Impl>();
    impl->kernel = kernel;
    impl->epoll = Fd::adopt(::epoll_create1(EPOLL_CLOEXEC));
    if (!impl->epoll) return error_from(errno, "epoll_create1");
    impl->bell = Fd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!impl->bell) return error_from(errno, "eventfd");
    MYCELIUM_TRY(impl->control(EPOLL_CTL_ADD, impl->bell.get(), bell_key, EPOLLIN));
    return std::unique_ptr<Reactor>{new Reactor{std::move(impl)}};
}

Result<Reactor::Watch> Reactor::watch(int fd, std::uint32_t events,
                                      std::function<void(std::uint32_t)> handler) {
    if (impl_->is_forked()) return forked();
    const Watch id = impl_->next_watch;
    try {
        auto shared =
            std::make_shared<const std::function<void(std::uint32_t)>>(std::move(handler));
        impl_->watches.emplace(id, Impl::Watched{.fd = fd, .handler = std::move(shared)});
    } catch (const std::bad_alloc&) {
        return Error{Errc::overloaded, "no memory", ENOMEM};
    }
    if (auto added = impl_->control(EPOLL_CTL_ADD, fd, id, events); !added) {
        impl_->watches.erase(id);
        return std::move(added).error();
    }
    ++impl_->next_watch;
    return id;
}

Result<void> Reactor::rewatch(Watch watch, std::uint32_t events) {
    if (impl_->is_forked()) return forked();
    const auto found = impl_->watches.find(watch);
    if (found == impl_->watches.end()) return Error{Errc::invalid, "no such watch"};
    return impl_->control(EPOLL_CTL_MOD, found->second.fd, watch, events);
}

void Reactor::unwatch(Watch watch) noexcept {
    if (impl_->is_forked()) return;
    const auto found = impl_->watches.find(watch);
    if (found == impl_->watches.end()) return;
    ::epoll_ctl(impl_->epoll.get(), EPOLL_CTL_DEL, found->second.fd, nullptr);
    // Taken out before it is destroyed: what the handler held may unwatch in its destructor.
    const auto last = impl_->watches.extract(found);
}

Reactor::Timer Reactor::at(Instant when, std::function<void()> handler) {
    if (impl_->is_forked()) return 0;
    const Timer id = impl_->next_timer++;
    impl_->timers.emplace(Impl::Moment{when, id}, std::move(handler));
    impl_->timer_times.emplace(id, when);
    return id;
}

void Reactor::cancel(Timer timer) noexcept {
    if (impl_->is_forked()) return;
    const auto time = impl_->timer_times.find(timer);
    if (time == impl_->timer_times.end()) return;
    const auto last = impl_->timers.extract(Impl::Moment{time->second, timer});
    impl_->timer_times.erase(time);
}

bool Reactor::post(std::function<void()> errand) {
    if (impl_->is_forked()) return false;
    bool is_first = false;
    try {
        const std::lock_guard lock{impl_->mutex};
        if (impl_->has_stopped) return false;
        is_first = impl_->errands.empty();
        impl_->errands.push_back(std::move(errand));
    } catch (const std::bad_alloc&) {
        return false;
    }
    if (is_first) impl_->wake();
    return true;
}

void Reactor::set_tick(Duration interval, std::function<bool()> tick) {
    if (impl_->is_forked()) return;
    impl_->interval = std::max(interval, Duration{1});
    impl_->tick = tick ? std::make_shared<const std::function<bool()>>(std::move(tick)) : nullptr;
}

void Reactor::nudge() noexcept {
    if (impl_->is_forked()) return;
    // Pairs with the exchange before each tick: the tick sees what was done before the nudge.
    if (impl_->tick_state.exchange(nudged, std::memory_order_acq_rel) == resting) impl_->wake();
}

bool Reactor::is_own_thread() const noexcept { return running_here == this; }

void Reactor::run() {
    if (impl_->is_forked()) return;
    const Running until_return{this};
    use_fine_timers();
    std::array<epoll_event, 64> events;
    while (impl_->run_errands()) {
        const Instant before = now();
        impl_->run_timers(before);
        impl_->run_tick(before);
        const int count =
            wait_epoll(impl_->epoll.get(), events, impl_->next_deadline(), impl_->kernel);
        if (count < 0) return;  // the set is gone: only in a forked child
        impl_->dispatch(std::span{events}.first(static_cast<std::size_t>(count)));
    }
}

void Reactor::stop() noexcept {
    if (impl_->is_forked()) return;
    {
        const std::lock_guard lock{impl_->mutex};
        impl_->has_stopped = true;
    }
    impl_->wake();
}

}  // namespace mycelium::os
