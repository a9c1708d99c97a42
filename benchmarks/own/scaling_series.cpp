#include "benchmarks/own/scaling_series.h"

#include <string>

namespace mycelium::bench {
namespace {

constexpr std::size_t crowd_sizes[] = {1, 2, 4, 8, 16, 32, 64};
constexpr std::size_t link_counts[] = {1, 10, 100, 1000};
constexpr std::size_t payload_bytes_max = 64 << 20;
constexpr std::size_t lent_bytes_min = 1 << 10;
/// Of one process, for itself and for each link or port: more than any takes.
constexpr std::size_t descriptors_besides = 64;
constexpr std::size_t descriptors_each = 6;

constexpr const char* note_of_processes =
    "up to 8 processes; from 16 on several threads in each, every one with a port of its own";

void add_crowds(std::vector<ScalingSeries>& all, const std::string& scheme) {
    ScalingSeries fan_out{"subscribers/" + scheme,
                          "subscribers",
                          "one publisher, a publish for each message of 64 B; rate: deliveries in "
                          "all; CPU of all for each delivery; " +
                              std::string{note_of_processes},
                          {}};
    ScalingSeries fan_in{"publishers/" + scheme,
                         "publishers",
                         "into one relay, a publish for each message of 64 B, to one consumer; "
                         "rate: through the relay; CPU of all for each message; " +
                             std::string{note_of_processes},
                         {}};
    for (const std::size_t size : crowd_sizes) {
        const auto x = static_cast<double>(size);
        fan_out.points.push_back(
            {x, [=](const Plan& plan) { return scaled_fan_out(scheme, size, plan); }});
        fan_in.points.push_back(
            {x, [=](const Plan& plan) { return scaled_fan_in(scheme, size, plan); }});
    }
    all.push_back(std::move(fan_out));
    all.push_back(std::move(fan_in));
}

void add_links(std::vector<ScalingSeries>& all, const std::string& scheme) {
    ScalingSeries links{"links/" + scheme,
                        "links",
                        "publishers in one process, one subscriber with all their URLs in another; "
                        "memory (Pss) and descriptors of both; idle for a second, then 64 B to "
                        "each link in turn",
                        {}};
    for (const std::size_t count : link_counts)
        links.points.push_back({static_cast<double>(count),
                                [=](const Plan& plan) { return scaled_links(scheme, count, plan); },
                                descriptors_besides + descriptors_each * count});
    all.push_back(std::move(links));
}

void add_ports(std::vector<ScalingSeries>& all, const std::string& scheme) {
    ScalingSeries ports{"ports/" + scheme,
                        "ports",
                        "publishers that a node opens beside a first one, and closes again, with "
                        "nobody there",
                        {}};
    for (const std::size_t count : link_counts)
        ports.points.push_back({static_cast<double>(count),
                                [=](const Plan&) { return scaled_ports(scheme, count); },
                                descriptors_besides + descriptors_each * count});
    all.push_back(std::move(ports));
}

void add_payloads(std::vector<ScalingSeries>& all, const std::string& scheme, bool is_lent) {
    ScalingSeries series{"payload/" + scheme + (is_lent ? "/loan" : "/copy"),
                         "bytes",
                         is_lent ? "there and back, and one way, with memory that loan(size) "
                                   "lends; its first and its last word are written"
                                 : "there and back, and one way, from memory that is in the cache",
                         {}};
    for (std::size_t bytes = is_lent ? lent_bytes_min : 16; bytes <= payload_bytes_max; bytes *= 4)
        series.points.push_back({static_cast<double>(bytes), [=](const Plan& plan) {
                                     return scaled_payload(scheme, bytes, is_lent, plan);
                                 }});
    all.push_back(std::move(series));
}

}  // namespace

std::vector<ScalingSeries> all_series() {
    std::vector<ScalingSeries> all;
    for (const char* scheme : {"shm", "unix"}) add_crowds(all, scheme);
    for (const char* scheme : {"shm", "unix", "tcp"}) add_links(all, scheme);
    for (const char* scheme : {"shm", "unix", "tcp"}) add_ports(all, scheme);
    for (const char* scheme : {"shm", "unix", "tcp"})
        for (const bool is_lent : {false, true}) add_payloads(all, scheme, is_lent);
    return all;
}

}  // namespace mycelium::bench
