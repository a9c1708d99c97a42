// How the services publish: nothing is dropped for a reader that is slow.
#pragma once

#include <chrono>

#include <mycelium/ext/ports.h>
#include <mycelium/result.h>

namespace trading {

/// A replay waits for its readers, up to a bound that only a stopped process reaches.
constexpr mycelium::PublisherOptions lossless() noexcept {
    mycelium::PublisherOptions options;
    options.block_max = std::chrono::seconds{10};
    options.linger = std::chrono::seconds{3};
    return options;
}

/// An outcome as a result, for MYCELIUM_TRY.
inline mycelium::Result<void> result_of(const mycelium::Outcome& outcome) {
    if (outcome) return {};
    return mycelium::Error{outcome.error()}.context("publishing");
}

}  // namespace trading
