#include "host/memory/telemetry.h"

#include <algorithm>
#include <bit>
#include <new>
#include <span>
#include <utility>

namespace mycelium::memory {

namespace {

using base::Change;
using base::Count;
using telemetry::Segment;
using telemetry::State;

Count& operator<<(Count& word, State state) noexcept {
    return word = static_cast<std::uint64_t>(state);
}

/// Texts are a peer's or the user's: cut at a whole character, and visibly.
template <std::size_t size>
void write(std::array<char, size>& place, std::string_view text) noexcept {
    constexpr std::string_view cut = "…";
    std::size_t length = std::min(text.size(), size);
    const bool is_cut = text.size() > size;
    if (is_cut) {
        length = size - cut.size();
        while (length != 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    }
    auto end = std::copy_n(text.data(), length, place.data());
    if (is_cut) end = std::copy(cut.begin(), cut.end(), end);
    std::fill(end, place.data() + size, '\0');
}

template <class Numbers>
void clear(Numbers& numbers) noexcept {
    // Only words of Count: zero is what a new one holds.
    std::span<Count> words{reinterpret_cast<Count*>(&numbers), sizeof numbers / sizeof(Count)};
    for (Count& word : words) word = 0;
}

void write(PortCell& cell, const PortFacts& facts) noexcept {
    const Change change{cell.generation};
    clear(cell.numbers);
    cell.version = 0;
    cell.number = facts.number;
    cell.pattern = facts.pattern;
    cell.policy = facts.policy;
    cell.queue_messages_max = facts.queue_messages_max;
    cell.queue_bytes_max = facts.queue_bytes_max;
    cell.message_bytes_max = facts.message_bytes_max;
    cell.opened_at_ns = facts.opened_at_ns;
    write(cell.type, facts.type);
    write(cell.answer, facts.answer);
    write(cell.urls, {});
    cell.state << State::live;
}

void write(LinkCell& cell, const LinkFacts& facts) noexcept {
    telemetry::LinkFacts<Count>& said = cell.facts;
    const Change change{said.generation};
    clear(cell.writing);
    clear(cell.settled);
    clear(cell.reading);
    said.port = facts.port;
    said.peer_pid = facts.peer_pid;
    said.peer_port = facts.peer_port;
    said.policy = facts.policy;
    said.queue_messages_max = facts.queue_messages_max;
    said.queue_bytes_max = facts.queue_bytes_max;
    said.opened_at_ns = facts.opened_at_ns;
    write(said.transport, facts.transport);
    write(said.url, facts.url);
    write(said.peer, facts.peer);
    said.state << State::live;
}

void release(PortCell& cell) noexcept {
    const Change change{cell.generation};
    cell.state << State::free;
}
void release(LinkCell& cell) noexcept {
    const Change change{cell.facts.generation};
    cell.facts.state << State::free;
}

}  // namespace

std::shared_ptr<PortCell> private_port_cell(const PortFacts& facts) {
    auto cell = std::make_shared<PortCell>();
    write(*cell, facts);
    return cell;
}

std::shared_ptr<LinkCell> private_link_cell(const LinkFacts& facts) {
    auto cell = std::make_shared<LinkCell>();
    write(*cell, facts);
    return cell;
}

void end(LinkCell& cell) noexcept { cell.facts.state << State::ended; }
void end(PortCell& cell) noexcept { cell.state << State::ended; }

void set_urls(PortCell& cell, const std::vector<std::string>& urls) noexcept {
    try {
        std::string text;
        for (const std::string& url : urls) text.append(text.empty() ? "" : " ").append(url);
        const Change change{cell.generation};
        write(cell.urls, text);
    } catch (const std::bad_alloc&) {
        // It stays unnamed.
    }
}

void sample_latency(telemetry::Reading<Count>& reading, std::uint64_t timestamp,
                    std::uint64_t now_ns) noexcept {
    if (timestamp == 0) return;  // it has none
    const std::uint64_t took = now_ns > timestamp ? now_ns - timestamp : 0;
    const auto width = static_cast<std::size_t>(std::bit_width(took));
    ++reading.latency[std::min(width, telemetry::latency_buckets - 1)];
    if (took > reading.latency_max_ns) reading.latency_max_ns = took;
}

std::shared_ptr<Telemetry> Telemetry::create(const NodeFacts& facts) {
    std::shared_ptr<Telemetry> made{new Telemetry};
    auto memory = os::SharedMemory::create(telemetry::segment_name, sizeof(Segment),
                                           os::SharedMemory::Kind::log);
    if (memory) {
        if (auto touched = memory->touch(0, sizeof(Segment::head) + sizeof(Segment::events));
            !touched)
            memory = std::move(touched).error();
    }
    if (!memory) {
        made->why_ = memory.error().message();
        return made;
    }
    made->memory_.emplace(*std::move(memory));
    Segment* const segment = made->segment();
    if (!segment) return made;  // it is there, but GCC 12 warns whoever links the library
    auto& head = segment->head;
    head.version = telemetry::version;
    head.segment_bytes = sizeof(Segment);
    head.pid = facts.pid;
    head.start_ticks = facts.start_ticks;
    head.started_at_ns = facts.started_at_ns;
    head.node_id = facts.id;
    write(head.node, facts.name);
    head.magic.publish(telemetry::magic);  // last: who sees it sees the rest
    return made;
}

Segment* Telemetry::segment() const noexcept {
    // Zeroed memory is a segment: every word of it is a Count of 0 or a byte.
    return memory_ ? reinterpret_cast<Segment*>(memory_->data()) : nullptr;
}

/// Gives a cell back. Made before the lock is taken: it allocates.
template <class Cell>
struct Telemetry::Hold {
    std::shared_ptr<Telemetry> telemetry;
    std::unique_ptr<Cell> hidden;  // not in the segment
    Count* not_shown = nullptr;    // counts it, if it is hidden
    Cell* shown = nullptr;
    std::uint32_t index = 0;
    std::vector<std::uint32_t>* unused = nullptr;  // where a shown one goes

    Hold() = default;
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
        if (!telemetry || !telemetry->segment()) return;  // a forked child has no map
        const std::lock_guard guard{telemetry->mutex_};
        if (not_shown) --*not_shown;
        if (!shown) return;
        release(*shown);
        unused->push_back(index);
    }
};

template <class Cell, std::size_t count>
void Telemetry::find_slot(Hold<Cell>& hold, std::array<Cell, count>& table, Count& used) {
    if (!hold.unused->empty()) {
        hold.index = hold.unused->back();
        hold.unused->pop_back();
        hold.shown = &table[hold.index];
        return;
    }
    const auto index = static_cast<std::uint32_t>(used);
    const auto begin = reinterpret_cast<std::byte*>(table.data()) - memory_->data();
    const std::size_t place = static_cast<std::size_t>(begin) + index * sizeof(Cell);
    if (index == count || !memory_->touch(place, sizeof(Cell))) return;
    hold.unused->reserve(index + 1);  // so that giving one back cannot fail
    hold.index = index;
    hold.shown = &table[index];
}

template <class Cell, class Facts, std::size_t count>
std::shared_ptr<Cell> Telemetry::open(std::array<Cell, count>& table,
                                      std::vector<std::uint32_t>& unused, Count& used,
                                      Count& not_shown, const Facts& facts) {
    const auto hold = std::make_shared<Hold<Cell>>();
    auto hidden = std::make_unique<Cell>();
    hold->unused = &unused;
    const std::lock_guard guard{mutex_};
    find_slot(*hold, table, used);
    hold->telemetry = shared_from_this();
    if (hold->shown) {
        write(*hold->shown, facts);
        if (hold->index == used) used.publish(hold->index + 1);
        return {hold, hold->shown};
    }
    hold->hidden = std::move(hidden);
    hold->not_shown = &not_shown;
    ++not_shown;
    write(*hold->hidden, facts);
    return {hold, hold->hidden.get()};
}

std::shared_ptr<PortCell> Telemetry::open_port(const PortFacts& facts) {
    Segment* const all = segment();
    if (!all) return private_port_cell(facts);
    return open(all->ports, ports_unused_, all->head.ports_used, all->head.ports_not_shown, facts);
}

std::shared_ptr<LinkCell> Telemetry::open_link(const LinkFacts& facts) {
    Segment* const all = segment();
    if (!all) return private_link_cell(facts);
    return open(all->links, links_unused_, all->head.links_used, all->head.links_not_shown, facts);
}

void Telemetry::note(std::uint64_t at_ns, std::string_view text) noexcept {
    Segment* const all = segment();
    if (!all) return;
    const std::lock_guard guard{mutex_};
    const std::uint64_t number = all->head.events_written + 1;
    auto& event = all->events[(number - 1) % telemetry::events_max];
    const Change change{event.version};
    event.number = number;
    event.at_ns = at_ns;
    write(event.text, text);
    all->head.events_written = number;
}

}  // namespace mycelium::memory
