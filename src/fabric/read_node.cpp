// How a segment is read while it is written: nothing of it is believed before it is checked.
#include <algorithm>
#include <bit>
#include <optional>
#include <type_traits>

#include "base/count.h"
#include "base/relax.h"
#include "base/utf8.h"
#include "fabric/seen_node.h"
#include "host/memory/telemetry_layout.h"

namespace mycelium::fabric {

namespace {

namespace telemetry = memory::telemetry;
using base::Count;
using telemetry::Segment;
using telemetry::State;

// A look takes less than a microsecond. Whoever is stopped in the middle is not waited for.
constexpr int looks_max = 200;          // at counters, which change all the time
constexpr int looks_at_facts_max = 20;  // at what is written once per use of a slot
constexpr int rounds_max = 8;

/// What stands there, word by word, as another use of the same struct.
template <template <class> class Struct>
Struct<std::uint64_t> copy_of(const Struct<Count>& shared) noexcept {
    using Copy = Struct<std::uint64_t>;
    static_assert(std::is_trivially_copyable_v<Copy> && sizeof(Copy) % sizeof(Count) == 0);
    std::array<std::uint64_t, sizeof(Copy) / sizeof(Count)> words;
    const auto* from = reinterpret_cast<const Count*>(&shared);
    // acquire: the version that is looked at afterwards is not older than these.
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = from[i].acquire();
    return std::bit_cast<Copy>(words);
}

/// Copies until what `version` guards did not change meanwhile. False: it did, each time.
template <template <class> class Struct>
bool copy_steadily(const Struct<Count>& shared, const Count& version,
                   Struct<std::uint64_t>& copy) noexcept {
    for (int looks = 0; looks < looks_at_facts_max; ++looks) {
        const std::uint64_t before = version.acquire();
        copy = copy_of(shared);
        if ((before & 1) == 0 && version.acquire() == before) return true;
        base::relax();
    }
    return false;
}

template <std::size_t size>
std::string text_of(const std::array<char, size>& place) {
    const auto end = std::find(place.begin(), place.end(), '\0');
    return base::valid_utf8({place.data(), static_cast<std::size_t>(end - place.begin())}, size);
}

std::optional<SlowReader> policy_of(std::uint64_t word) noexcept {
    if (word > static_cast<std::uint64_t>(SlowReader::disconnect)) return std::nullopt;
    return static_cast<SlowReader>(word);
}

bool is_live(std::uint64_t word) noexcept {
    return word == static_cast<std::uint64_t>(State::live);
}

void take(SeenLink& link, const telemetry::LinkFacts<std::uint64_t>& facts) {
    link.generation = facts.generation;
    link.port = static_cast<std::uint32_t>(facts.port);
    link.peer_pid = facts.peer_pid;
    link.peer_port = facts.peer_port;
    link.queue_messages_max = facts.queue_messages_max;
    link.queue_bytes_max = facts.queue_bytes_max;
    link.transport = text_of(facts.transport);
    link.url = text_of(facts.url);
    link.peer = text_of(facts.peer);
}

void take(SeenLink& link, const telemetry::Writing<std::uint64_t>& writing,
          const telemetry::Settled<std::uint64_t>& settled) noexcept {
    link.sent = writing.sent;
    link.sent_bytes = writing.bytes;
    link.delivered = settled.delivered;
    link.dropped = writing.dropped;
    link.dropped[static_cast<std::size_t>(DropReason::malformed)] += settled.malformed;
    link.queued_messages = writing.queued_messages;
    link.queued_bytes = writing.queued_bytes;
    link.away = writing.left - settled.finished;
    if (link.transport == "inproc") {
        // What has left the writer waits where the reader takes it out.
        const std::uint64_t taken = std::min(settled.taken, writing.left);
        link.queued_messages += writing.left - taken;
        link.queued_bytes =
            writing.queued_bytes - std::min(settled.taken_bytes, writing.queued_bytes);
        link.away = taken - settled.finished;
    }
    link.last_sent = writing.last_sequence;
    link.is_demoted = writing.is_demoted != 0;
    link.log_bytes = writing.log_bytes;
    link.log_used_bytes = writing.log_used_bytes;
    link.pool_bytes = writing.pool_bytes;
    link.loans_held = writing.loans_held;
}

void take(SeenLink& link, const telemetry::Reading<std::uint64_t>& reading) noexcept {
    link.received = reading.received;
    link.received_bytes = reading.bytes;
    link.missed.by_reason = reading.missed;
    link.last_received = reading.last_sequence;
    link.latency.buckets = reading.latency;
    link.latency.max_ns = reading.latency_max_ns;
}

/// The writing end's two groups of words, from one moment.
bool copy_ledger(const telemetry::Link<Count>& shared, telemetry::Writing<std::uint64_t>& writing,
                 telemetry::Settled<std::uint64_t>& settled) noexcept {
    for (int looks = 0; looks < looks_max; ++looks) {
        const std::uint64_t version = shared.writing.version.acquire();
        const std::uint64_t other = shared.settled.version.acquire();
        settled = copy_of(shared.settled);  // first: what was taken had left before
        writing = copy_of(shared.writing);
        if (((version | other) & 1) == 0 && shared.writing.version.acquire() == version &&
            shared.settled.version.acquire() == other)
            return true;
        base::relax();
    }
    return false;
}

enum class Slot : std::uint8_t { taken, free, unreadable };

Slot read_link(const telemetry::Link<Count>& shared, SeenLink& link) {
    if ((shared.facts.generation & 1) == 0 && !is_live(shared.facts.state)) return Slot::free;
    telemetry::LinkFacts<std::uint64_t> facts;
    if (!copy_steadily(shared.facts, shared.facts.generation, facts)) return Slot::unreadable;
    if (!is_live(facts.state)) return Slot::free;
    const auto policy = policy_of(facts.policy);
    if (!policy || facts.port > UINT32_MAX) return Slot::unreadable;
    take(link, facts);
    link.policy = *policy;
    telemetry::Writing<std::uint64_t> writing;
    telemetry::Settled<std::uint64_t> settled;
    link.is_steady = copy_ledger(shared, writing, settled);
    take(link, writing, settled);
    take(link, copy_of(shared.reading));
    // Used again meanwhile: the numbers are another's.
    return shared.facts.generation.acquire() == facts.generation ? Slot::taken : Slot::free;
}

Counters counters_of(const telemetry::PortNumbers<std::uint64_t>& numbers) noexcept {
    Counters all;
    all.published = numbers.published;
    all.no_subscriber = numbers.no_subscriber;
    all.sent = numbers.sent;
    all.delivered = numbers.delivered;
    all.dropped = numbers.dropped;
    all.shared = numbers.shared;
    all.encoded = numbers.encoded;
    all.bytes = numbers.bytes;
    all.calls = numbers.calls;
    all.answers = numbers.answers;
    all.errors = numbers.errors;
    return all;
}

Slot read_port(const telemetry::Port<Count>& shared, SeenPort& port) {
    telemetry::Port<std::uint64_t> copy;
    if ((shared.generation & 1) == 0 && !is_live(shared.state)) return Slot::free;
    if (!copy_steadily(shared, shared.generation, copy)) return Slot::unreadable;
    if (!is_live(copy.state)) return Slot::free;
    const auto policy = policy_of(copy.policy);
    if (!policy || copy.number > UINT32_MAX ||
        copy.pattern > static_cast<std::uint64_t>(wire::Pattern::replier))
        return Slot::unreadable;
    port.number = static_cast<std::uint32_t>(copy.number);
    port.pattern = static_cast<wire::Pattern>(copy.pattern);
    port.policy = *policy;
    port.queue_messages_max = copy.queue_messages_max;
    port.queue_bytes_max = copy.queue_bytes_max;
    port.message_bytes_max = copy.message_bytes_max;
    port.type = text_of(copy.type);
    port.answer = text_of(copy.answer);
    port.urls = text_of(copy.urls);
    port.ended = counters_of(copy.numbers);
    port.links_ended = copy.numbers.links_ended;
    port.is_steady = (copy.version & 1) == 0;
    return Slot::taken;
}

/// The slots that were ever used, however large the number that stands there.
template <class Slots>
auto used(const Slots& slots, std::uint64_t count) noexcept {
    return std::span{slots}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, slots.size())));
}

/// One look at all ports and their links. False: a link's numbers became its port's meanwhile, so
/// that they may stand in both or in neither.
bool read_ports(const Segment& segment, SeenNode& node) {
    node.ports.clear();
    node.slots_unreadable = 0;
    std::vector<std::pair<const Count*, std::uint64_t>> versions;
    for (const auto& shared : used(segment.ports, segment.head.ports_used.acquire())) {
        const std::uint64_t version = shared.version.acquire();
        SeenPort port;
        const Slot slot = read_port(shared, port);
        if (slot == Slot::unreadable) ++node.slots_unreadable;
        if (slot != Slot::taken) continue;
        versions.emplace_back(&shared.version, version);
        node.ports.push_back(std::move(port));
    }
    std::uint32_t index = 0;
    for (const auto& shared : used(segment.links, segment.head.links_used.acquire())) {
        SeenLink link;
        link.slot = index++;
        const Slot slot = read_link(shared, link);
        if (slot == Slot::unreadable) ++node.slots_unreadable;
        if (slot != Slot::taken) continue;
        const auto its = std::find_if(node.ports.begin(), node.ports.end(),
                                      [&](const auto& port) { return port.number == link.port; });
        if (its != node.ports.end()) its->links.push_back(std::move(link));
    }
    bool is_steady = true;
    for (std::size_t i = 0; i < versions.size(); ++i) {
        const bool is_same = versions[i].first->acquire() == versions[i].second;
        node.ports[i].is_steady = node.ports[i].is_steady && is_same;
        is_steady = is_steady && node.ports[i].is_steady;
    }
    return is_steady;
}

void read_events(const Segment& segment, SeenNode& node) {
    for (const auto& shared : segment.events) {
        telemetry::Event<std::uint64_t> event;
        if (shared.number == 0 && (shared.version & 1) == 0) continue;
        if (!copy_steadily(shared, shared.version, event))
            ++node.slots_unreadable;
        else
            node.events.push_back({event.number, event.at_ns, text_of(event.text)});
    }
    std::sort(node.events.begin(), node.events.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
}

}  // namespace

Result<SeenNode> read_node(std::span<const std::byte> bytes) {
    constexpr const char* not_ours = "this is no telemetry segment: ";
    if (bytes.size() < sizeof(Segment))
        return Error{Errc::malformed,
                     not_ours + std::string{"it has "} + std::to_string(bytes.size()) + " bytes"};
    const Segment& segment = *reinterpret_cast<const Segment*>(bytes.data());
    if (segment.head.magic.acquire() != telemetry::magic)
        return Error{Errc::malformed, not_ours + std::string{"it does not begin with MYCTELEM"}};
    const auto head = copy_of(segment.head);
    if (head.version != telemetry::version)
        return Error{Errc::unsupported, "its telemetry has version " +
                                            std::to_string(head.version) + ", we read " +
                                            std::to_string(telemetry::version) +
                                            ": use the mycelium command that came with it"};
    if (head.segment_bytes != sizeof(Segment))
        return Error{Errc::malformed, not_ours + std::string{"it says that it has "} +
                                          std::to_string(head.segment_bytes) + " bytes"};
    SeenNode node;
    node.pid = head.pid;
    node.start_ticks = head.start_ticks;
    node.started_at_ns = head.started_at_ns;
    node.id = head.node_id;
    node.name = text_of(head.node);
    node.ports_not_shown = head.ports_not_shown;
    node.links_not_shown = head.links_not_shown;
    for (int round = 0; round < rounds_max && !read_ports(segment, node); ++round) {
    }
    std::sort(node.ports.begin(), node.ports.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    read_events(segment, node);
    return node;
}

}  // namespace mycelium::fabric
