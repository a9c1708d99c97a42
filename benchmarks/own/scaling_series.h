// What each kind of series measures at one of its points.
#pragma once

#include <cstddef>
#include <string_view>

#include "benchmarks/own/scaling.h"

namespace mycelium::bench {

/// Longest that one may take before it counts as hung: linking 1,000 on a slow machine included.
inline constexpr double scaling_limit_seconds = 60;

/// One publisher, so many subscribers that block it.
ScalingMeasurement scaled_fan_out(std::string_view scheme, std::size_t subscribers,
                                  const Plan& plan);
/// So many publishers, a relay, one consumer.
ScalingMeasurement scaled_fan_in(std::string_view scheme, std::size_t publishers, const Plan& plan);
/// So many publishers in one process, each linked to the one subscriber in another one: first
/// idle, then busy.
ScalingMeasurement scaled_links(std::string_view scheme, std::size_t links, const Plan& plan);
/// So many publishers in one node, with nobody there.
ScalingMeasurement scaled_ports(std::string_view scheme, std::size_t ports);
/// There and back, and one way. `is_lent`: memory that the publisher lends.
ScalingMeasurement scaled_payload(std::string_view scheme, std::size_t bytes, bool is_lent,
                                  const Plan& plan);

}  // namespace mycelium::bench
