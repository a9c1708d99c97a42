#include "fabric/seen_node.h"

#include <algorithm>
#include <cmath>

namespace mycelium::fabric {

std::uint64_t SeenLatency::samples() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : buckets) sum += count;
    return sum;
}

std::uint64_t SeenLatency::quantile_ns(double part) const noexcept {
    const std::uint64_t all = samples();
    if (all == 0) return 0;
    const double wanted = std::max(1.0, std::ceil(part * static_cast<double>(all)));
    double seen = 0;
    for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
        seen += static_cast<double>(buckets[bucket]);
        if (seen < wanted) continue;
        const std::uint64_t bound = std::uint64_t{1} << bucket;
        return max_ns != 0 ? std::min(bound, max_ns) : bound;
    }
    return max_ns;
}

void SeenLatency::add(const SeenLatency& other) noexcept {
    for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket)
        buckets[bucket] += other.buckets[bucket];
    max_ns = std::max(max_ns, other.max_ns);
}

SeenLatency SeenLatency::since(const SeenLatency& before) const noexcept {
    SeenLatency more;
    for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket)
        if (buckets[bucket] > before.buckets[bucket])
            more.buckets[bucket] = buckets[bucket] - before.buckets[bucket];
    more.max_ns = max_ns;
    return more;
}

std::uint64_t SeenLink::dropped_total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : dropped) sum += count;
    return sum;
}

std::uint64_t SeenLink::lost() const noexcept {
    return dropped_total() - dropped[static_cast<std::size_t>(DropReason::not_asked_for)] +
           missed.count();
}

Counters SeenPort::counters() const noexcept {
    Counters all = ended;
    for (const SeenLink& link : links) {
        if (writes()) {
            all.sent += link.sent;
            all.delivered += link.delivered;
            all.bytes += link.sent_bytes;
            all.under_way += link.in_flight();
            for (std::size_t i = 0; i < drop_reason_count; ++i) all.dropped[i] += link.dropped[i];
        } else if (reads()) {
            all.sent += link.received + link.missed.total();
            all.delivered += link.received;
            for (std::size_t i = 0; i < drop_reason_count; ++i)
                all.dropped[i] += link.missed.by_reason[i];
        }
    }
    return all;
}

}  // namespace mycelium::fabric
