// TransportUnderTest: what the suite has to know about a transport to put it through every case.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/mycelium.h>

namespace mycelium::conformance {

struct TransportUnderTest {
    /// The URL scheme; also the name of its tests.
    std::string name;
    /// A URL at which nobody is bound yet. `unique` differs from call to call and has letters,
    /// digits and '-' only.
    std::function<std::string(std::string_view unique)> make_url;
    /// The transports of a node that shall speak it; an empty list: those that a node ships with.
    std::function<std::vector<std::shared_ptr<Transport>>()> transports;
    /// Its ends may live in different processes.
    bool between_processes = true;
    /// An object is handed over as its pointer, so a type without declaration may pass.
    bool passes_pointers = false;
};

inline std::ostream& operator<<(std::ostream& out, const TransportUnderTest& transport) {
    return out << transport.name;
}

/// Defined by the program that includes the suite. Called in every process of a test, also before
/// main().
std::vector<TransportUnderTest> transports_under_test();

/// The one of that name; throws std::out_of_range if there is none.
TransportUnderTest transport_named(std::string_view name);

}  // namespace mycelium::conformance
