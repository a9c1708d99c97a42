#include "benchmarks/own/relay_between.h"

#include <thread>

#include "benchmarks/own/ends.h"
#include "benchmarks/raw/clock.h"

namespace mycelium::bench {

Relay relay_between(Node& node, const Meeting& meeting) {
    RelayOptions options;
    options.domain = 1;
    options.in = meeting.url("in");
    options.out = meeting.url("out");
    options.block_max = patience;
    return Relay::create(node, options).value();
}

void relay_until(Relay& relay, Side& side, const std::function<void()>& await_end) {
    std::thread ending{[&] {
        await_end();
        relay.stop();
    }};
    const std::uint64_t cpu_before = cpu_ns();
    relay.run().value();
    side.cpu_ns = cpu_ns() - cpu_before;
    ending.join();
}

}  // namespace mycelium::bench
