// Conformance: the fixture of every case, run once for each transport under test.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <mycelium/mycelium.h>

#include "eventually.h"
#include "transport_under_test.h"
#include "types.h"

namespace mycelium::conformance {

using namespace std::chrono_literals;

/// Differs from call to call and from process to process.
std::string unique_name();

class Conformance : public testing::TestWithParam<TransportUnderTest> {
protected:
    static std::string url() { return GetParam().make_url(unique_name()); }
    /// A node that speaks the transport and keeps its warnings to itself.
    static Node node(std::string name = "node") { return Node{node_options(std::move(name))}; }
    static NodeOptions node_options(std::string name) {
        NodeOptions options;
        options.name = std::move(name);
        options.transports = GetParam().transports();
        options.log = [](std::string_view) {};
        return options;
    }
};

/// What a reader has been told about one publisher's messages.
struct Tally {
    std::uint64_t received = 0;
    Missed missed;
    std::uint64_t last = 0;  ///< sequence number of the sample received last
    std::uint64_t accounted() const { return received + missed.count(); }
    std::uint64_t missed_by(DropReason why) const {
        return missed.by_reason[static_cast<std::size_t>(why)];
    }
};

/// Counts one sample in and checks that gaps are exact: a sequence number follows the one before by
/// what was missed.
template <class T>
void count(Tally& tally, const Sample<T>& sample) {
    EXPECT_EQ(sample.header().sequence, tally.last + sample.missed().count() + 1);
    tally.last = sample.header().sequence;
    tally.missed.add(sample.missed());
    ++tally.received;
}

/// Receives until the message of that sequence number has come; stops at the first error.
template <class T>
Tally read_until(Subscriber<T>& subscriber, std::uint64_t sequence, Tally tally = {}) {
    while (tally.last < sequence) {
        auto sample = subscriber.receive_for(patience);
        if (!sample) {
            ADD_FAILURE() << "after sequence " << tally.last << ": " << sample.error().to_string();
            break;
        }
        count(tally, *sample);
    }
    return tally;
}

/// Waits for an event of that kind, dropping others; none: it did not come.
template <class Port>
std::optional<Event> next_event(Port& port, Event::Kind kind, Duration limit = patience) {
    std::optional<Event> found;
    eventually(
        [&] {
            while (!found) {
                auto event = port.try_event();
                if (!event) return false;
                if (event->kind == kind) found = std::move(event);
            }
            return true;
        },
        limit);
    return found;
}

/// How many events of that kind are queued now; all queued events are taken.
template <class Port>
std::size_t count_events(Port& port, Event::Kind kind) {
    std::size_t events = 0;
    while (auto event = port.try_event()) events += event->kind == kind ? 1 : 0;
    return events;
}

/// sent = delivered + dropped + in flight, with nothing in flight once everything has come to rest.
template <class T>
void expect_balanced(Publisher<T>& publisher) {
    EXPECT_TRUE(publisher.drain(patience).ok());
    const Counters counters = publisher.counters();
    EXPECT_EQ(counters.sent, counters.delivered + counters.dropped_total());
    EXPECT_EQ(counters.in_flight(), 0u);
}

inline std::string name_of_param(const testing::TestParamInfo<TransportUnderTest>& info) {
    std::string name = info.param.name;
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
}

}  // namespace mycelium::conformance

/// Declares a suite of cases that runs on every transport under test.
#define MYCELIUM_CONFORMANCE_SUITE(Suite)                                                         \
    class Suite : public ::mycelium::conformance::Conformance {};                                 \
    INSTANTIATE_TEST_SUITE_P(every_transport, Suite,                                              \
                             testing::ValuesIn(::mycelium::conformance::transports_under_test()), \
                             ::mycelium::conformance::name_of_param)
