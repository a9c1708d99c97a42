#include "victims.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <map>
#include <vector>

#include <mycelium/mycelium.h>

#include "eventually.h"
#include "host/memory/shared_word.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

using namespace std::chrono_literals;
using conformance::patience;

constexpr int all_went_well = 0;
constexpr int is_torn = 3;
constexpr int a_port_failed = 4;

VictimState* the_state = nullptr;
std::uint64_t the_last_step = 0;
std::atomic<bool> is_counting{true};

[[maybe_unused]] void after_store() noexcept {
    if (!is_counting.load(std::memory_order_relaxed)) return;
    if (the_state->steps.fetch_add(1) + 1 == the_last_step) (void)::raise(SIGSTOP);
}

void count_stores(std::uint64_t stop_at, VictimState& state) {
    the_state = &state;
    the_last_step = stop_at;
#ifdef MYCELIUM_COUNT_COPIES
    memory::after_shared_store.store(after_store);
#endif
}

std::vector<std::string> split(const std::string& urls) {
    std::vector<std::string> all(1);
    for (const char c : urls)
        if (c == ',')
            all.emplace_back();
        else
            all.back() += c;
    return all;
}

Node quiet_node() {
    NodeOptions options;
    options.name = "victim";
    options.log = [](std::string_view) {};
    return Node{options};
}

// --- Publishers ---

/// Inline, in a batch, as loans, copied into chunks, and across the end of the log's hot part.
int publish_all_kinds(Publisher<Bytes>& publisher) {
    std::uint64_t number = 0;
    const auto publish = [&](std::size_t size) {
        return publisher.publish(stamped(++number, size)).ok();
    };
    for (const std::size_t size : {8, 100, 1000, 1024})
        if (!publish(size)) return a_port_failed;
    std::vector<Bytes> batch;
    for (std::size_t size = 8; size < 2000; size += 331) batch.push_back(stamped(++number, size));
    if (!publisher.publish(batch)) return a_port_failed;
    for (const std::size_t size : {2000, 70'000, 2000, 5000, 70'000, 300'000}) {
        auto loan = publisher.loan(size);
        if (!loan) return a_port_failed;
        stamp(loan->span(), ++number);
        if (!publisher.publish(*std::move(loan))) return a_port_failed;
        if (!publish(size + 1)) return a_port_failed;
    }
    is_counting.store(false);
    for (int i = 0; i < 480; ++i)
        if (!publish(1024)) return a_port_failed;
    is_counting.store(true);
    for (int i = 0; i < 20; ++i)
        if (!publish(1024)) return a_port_failed;
    return all_went_well;
}

int publisher(const std::string& urls) {
    Node home = quiet_node();
    auto publisher = home.publisher<Bytes>(
        Urls{split(urls)}, {.role = Role::connect, .block_max = 20ms, .linger = 20ms});
    if (!publisher || !publisher->wait_for(split(urls).size(), patience)) return a_port_failed;
    return publish_all_kinds(*publisher);
}

/// Takes the place of one that was killed; one of its readers dies meanwhile, with memory of its
/// own.
int heir(const std::string& urls, const VictimState& state) {
    Node home = quiet_node();
    std::optional<Publisher<Bytes>> publisher;
    const bool is_bound = conformance::eventually([&] {
        if (auto bound = home.publisher<Bytes>(urls, {.block_max = 20ms, .linger = 20ms}))
            publisher = *std::move(bound);
        return publisher.has_value();
    });
    if (!is_bound || !publisher->wait_for(2, patience)) return a_port_failed;
    std::uint64_t number = 0;
    const auto publish = [&] {
        const std::size_t size = ++number % 3 == 0 ? 40 : number % 3 * 3000;
        return publisher->publish(stamped(number, size)).ok();
    };
    for (int i = 0; i < 12; ++i)
        if (!publish()) return a_port_failed;
    if (!conformance::eventually([&] { return state.may_go.load(); })) return a_port_failed;
    if (!conformance::eventually([&] { return publisher->subscribers() == 1; }))
        return a_port_failed;
    for (int i = 0; i < 40; ++i)
        if (!publish()) return a_port_failed;
    return all_went_well;
}

// --- Subscribers ---

/// Keeps some samples and lets go of them out of order; each is looked at again then.
class Keeper {
public:
    /// False: torn.
    bool keep(const Sample<Bytes>& sample) {
        if (!stamped_number(sample->span())) return false;
        kept_.push_back(sample);
        return kept_.size() <= 8 || let_go(kept_.size() / 2);
    }
    bool let_go(std::size_t index) {
        const bool is_whole = stamped_number(kept_[index]->span()).has_value();
        kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(index));
        return is_whole;
    }
    bool let_all_go() {
        while (!kept_.empty())
            if (!let_go(kept_.size() - 1)) return false;
        return true;
    }

private:
    std::vector<Sample<Bytes>> kept_;
};

/// One that blocks and one that is slow; ends when it has received enough.
int subscriber(const std::string& url) {
    Node home = quiet_node();
    auto blocking = home.subscriber<Bytes>(url, {.queue_messages_max = 64});
    auto slow =
        home.subscriber<Bytes>(url, {.slow = SlowReader::drop_oldest, .queue_messages_max = 4});
    auto newest = home.subscriber<Bytes>(url, {.slow = SlowReader::latest});
    if (!blocking || !slow || !newest) return a_port_failed;
    Keeper keeper;
    for (int i = 0; i < 60; ++i) {
        auto sample = blocking->receive_for(patience);
        if (!sample) return a_port_failed;
        if (!keeper.keep(*sample)) return is_torn;
        if (i % 7 != 0) continue;
        for (auto* const lossy : {&*slow, &*newest})
            while (auto late = lossy->try_receive())
                if (!keeper.keep(*late)) return is_torn;
    }
    return keeper.let_all_go() ? all_went_well : is_torn;
}

/// Reads nothing until it was demoted; its stores count from when it catches up.
int laggard(const std::string& url, const VictimState& state) {
    is_counting.store(false);
    Node home = quiet_node();
    auto subscriber = home.subscriber<Bytes>(url, {.queue_messages_max = 16});
    if (!subscriber || !subscriber->receive_for(patience)) return a_port_failed;
    if (!conformance::eventually([&] { return state.may_go.load(); })) return a_port_failed;
    is_counting.store(true);
    Keeper keeper;
    for (int i = 0; i < 60; ++i) {
        auto sample = subscriber->receive_for(patience);
        if (!sample) return a_port_failed;
        if (!keeper.keep(*sample)) return is_torn;
    }
    return keeper.let_all_go() ? all_went_well : is_torn;
}

/// Keeps what it receives until it is killed.
int holder(const std::string& url) {
    is_counting.store(false);
    Node home = quiet_node();
    auto subscriber = home.subscriber<Bytes>(url);
    if (!subscriber) return a_port_failed;
    std::vector<Sample<Bytes>> kept;
    for (;;) {
        auto sample = subscriber->receive_for(patience);
        if (!sample) return a_port_failed;
        kept.push_back(*std::move(sample));
    }
}

// --- Calls ---

int requester(const std::string& url) {
    Node home = quiet_node();
    auto requester = home.requester<Bytes, Bytes>(url);
    if (!requester || !requester->wait_for(1, patience)) return a_port_failed;
    for (std::uint64_t round = 0; round < 8; ++round) {
        std::vector<PendingCall<Bytes>> pending;
        for (const std::size_t size : {24, 5000, 100'000}) {
            auto begun = requester->begin_call(stamped(round, size), patience, "echo");
            if (!begun) return a_port_failed;
            pending.push_back(*std::move(begun));
        }
        if (!requester->notify(stamped(round, 2000), "news")) return a_port_failed;
        { const auto cancelled = requester->begin_call(stamped(round, 50), patience, "echo"); }
        for (auto& call : pending) {
            auto answer = call.wait();
            if (!answer) return a_port_failed;
            if (stamped_number((*answer)->span()) != round) return is_torn;
        }
    }
    return all_went_well;
}

int replier(const std::string& url) {
    Node home = quiet_node();
    auto replier = home.replier<Bytes, Bytes>(url, {.role = Role::connect, .linger = 20ms});
    if (!replier) return a_port_failed;
    for (int i = 0; i < 24; ++i) {
        auto request = replier->receive_for(patience);
        if (!request) return a_port_failed;
        if (!stamped_number(request->question().span())) return is_torn;
        if (i % 8 == 7)
            (void)request->fail(7, "told to fail");
        else
            (void)request->answer(request->question());
    }
    return all_went_well;
}

}  // namespace

int be_victim(const std::string& role, const std::string& urls, std::uint64_t stop_at,
              VictimState& state) {
    count_stores(stop_at, state);
    if (role == "publisher") return publisher(urls);
    if (role == "heir") return heir(urls, state);
    if (role == "subscriber") return subscriber(urls);
    if (role == "laggard") return laggard(urls, state);
    if (role == "holder") return holder(urls);
    if (role == "requester") return requester(urls);
    return replier(urls);
}

}  // namespace mycelium::attack
