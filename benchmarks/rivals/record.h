// Record: a message with named members, as programs send it to each other in lines of JSON.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "benchmarks/own/messages.h"

namespace mycelium::bench {

/// A request to work on a text. Its number stands in its first and its last member.
struct Record {
    std::uint64_t first = 0;
    std::string type;
    std::string method;
    std::string path;
    double quality = 0;
    std::string content;
    std::uint64_t last = 0;
};
MYCELIUM_FIELDS(Record, (1, first), (2, type), (3, method), (4, path), (5, quality), (6, content),
                (7, last));

/// Letters, with a line's end now and then.
inline std::string text_of(std::size_t bytes) {
    constexpr std::string_view line =
        "Water moves through the soil, and what it carries stays behind. \n";
    std::string text;
    while (text.size() < bytes) text += line.substr(0, std::min(line.size(), bytes - text.size()));
    return text;
}

inline Record record_of(std::size_t content_bytes) {
    return {0, "request", "transform", "guide/first-steps.md", 0.75, text_of(content_bytes), 0};
}

/// `bytes`: of its content.
inline Arrival arrival_of(const Record& record, std::size_t bytes) noexcept {
    Arrival arrival = arrived(record.first, record.last);
    if (record.content.size() != bytes) arrival.kind = Arrival::Kind::wrong;
    return arrival;
}

template <>
class Maker<Record> {
public:
    explicit Maker(std::size_t content_bytes, std::size_t = 1, bool = true)
        : record_(record_of(content_bytes)) {}
    template <class Idle>
    const Record& make(std::uint64_t number, Idle&&) noexcept {
        record_.first = record_.last = number;
        return record_;
    }
    /// The same in the caller's place, which keeps its texts.
    template <class Idle>
    void make_in(Record& place, std::uint64_t number, Idle&&) {
        if (place.content.empty()) place = record_;
        place.first = place.last = number;
    }

private:
    Record record_;
};

}  // namespace mycelium::bench
