// Two services of one executable. Neither knows whether the other is a thread, a process or on
// another host.
#include <iostream>
#include <string>

#include <mycelium/mycelium.h>

using namespace std::chrono_literals;

struct Reading {
    std::uint64_t sequence;
    double celsius;
};
MYCELIUM_FLAT(Reading, sequence, celsius);

mycelium::Result<void> thermometer(mycelium::Service& service) {
    MYCELIUM_TRY_ASSIGN(auto place, service.bind("readings"));
    MYCELIUM_TRY_ASSIGN(auto readings, service.node().publisher<Reading>(place));
    service.ready();
    for (std::uint64_t n = 1; !service.is_stopping(); ++n) {
        readings.publish({n, 21.5}).value();
        (void)mycelium::wait(mycelium::after(100ms), service);  // ends early when it is to stop
    }
    return {};
}

mycelium::Result<void> display(mycelium::Service& service) {
    MYCELIUM_TRY_ASSIGN(auto place, service.dial("readings"));
    MYCELIUM_TRY_ASSIGN(auto readings, service.node().subscriber<Reading>(place));
    for (const auto& reading : readings)  // ends by itself when it is to stop
        std::cout << reading->sequence << ": " << reading->celsius << " °C" << std::endl;
    return {};
}

int main(int count, char** arguments) {
    return mycelium::run(count, arguments, {{"thermometer", thermometer}, {"display", display}});
}
