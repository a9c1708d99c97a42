#include "transport_under_test.h"

#include <stdexcept>

namespace mycelium::conformance {

TransportUnderTest transport_named(std::string_view name) {
    for (auto& transport : transports_under_test())
        if (transport.name == name) return transport;
    throw std::out_of_range{"no transport under test is named " + std::string{name}};
}

}  // namespace mycelium::conformance
