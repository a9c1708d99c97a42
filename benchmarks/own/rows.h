// How rows are named, and those that every transport has.
#pragma once

#include <cstddef>
#include <string>

#include "benchmarks/own/calls.h"
#include "benchmarks/own/pubsub.h"
#include "benchmarks/own/suite.h"

namespace mycelium::bench {

struct Size {
    const char* name;
    std::size_t bytes;
};
inline constexpr Size small{"64B", 64};
inline constexpr Size kilobyte{"1KiB", 1 << 10};
inline constexpr Size megabyte{"1MiB", 1 << 20};
inline constexpr Size round_trip_sizes[] = {
    small, kilobyte, {"64KiB", 64 << 10}, megabyte, {"10MiB", 10 << 20}};
inline constexpr Size large_sizes[] = {{"64KiB", 64 << 10}, {"10MiB", 10 << 20}};
inline constexpr std::size_t messages_at_once = 64;

/// "stream/unix/64B".
inline std::string row(const char* what, const std::string& where, const Size& size) {
    return std::string{what} + "/" + where + "/" + size.name;
}

inline Own round_trip_over(const std::string& scheme, const Size& size) {
    return {row("round-trip", scheme, size),
            [scheme](const Plan& plan) { return own_round_trip(scheme, plan); }};
}
inline Own call_over(const std::string& scheme, const Size& size) {
    return {row("call", scheme, size),
            [scheme](const Plan& plan) { return own_call(scheme, plan); }};
}
inline Own control_over(const std::string& scheme) {
    return {"control/" + scheme,
            [scheme](const Plan& plan) { return own_control_call(scheme, plan); }};
}
inline Own stream_over(const std::string& scheme, const Size& size, const char* what,
                       std::size_t at_once, std::size_t receivers = 1) {
    return {row(what, scheme, size), [scheme, at_once, receivers](const Plan& plan) {
                return own_stream(scheme, plan, at_once, receivers);
            }};
}

}  // namespace mycelium::bench
