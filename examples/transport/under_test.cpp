// What the conformance suite has to know to put seqpacket:// through every case.
#include "seqpacket.h"
#include "transport_under_test.h"

std::vector<mycelium::conformance::TransportUnderTest>
mycelium::conformance::transports_under_test() {
    return {{
        "seqpacket",
        [](std::string_view unique) { return "seqpacket://conformance-" + std::string{unique}; },
        [] { return std::vector{mycelium::framed(example::seqpacket_streams())}; },
    }};
}
