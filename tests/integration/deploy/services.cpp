// The executable of the deployment tests: services that behave, and services that do not.
#include <unistd.h>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <mycelium/mycelium.h>

namespace {

using namespace mycelium;
using namespace std::chrono_literals;

struct Count {
    std::uint64_t number;
};
MYCELIUM_FLAT(Count, number);

void tell(const std::string& text) { std::cout << text << std::endl; }

/// Publishes numbers until it is to stop.
Result<void> source(Service& service) {
    MYCELIUM_TRY_ASSIGN(auto place, service.bind("numbers"));
    for (const std::string& url : place) tell("source binds " + url);
    MYCELIUM_TRY_ASSIGN(auto numbers, service.node().publisher<Count>(place));
    service.ready();
    for (std::uint64_t n = 1; !service.is_stopping(); ++n) {
        numbers.publish({n}).value();
        (void)wait(after(5ms), service);
    }
    tell("source stops");
    return {};
}

/// Says that it receives, again whenever the source is a new one; never looks whether it is to
/// stop.
Result<void> sink(Service& service) {
    MYCELIUM_TRY_ASSIGN(auto place, service.dial("numbers"));
    tell("sink dials " + place);
    for (const auto& argument : service.arguments()) tell("sink is given " + argument);
    MYCELIUM_TRY_ASSIGN(auto numbers, service.node().subscriber<Count>(place));
    std::uint64_t last = UINT64_MAX;
    for (const auto& number : numbers) {
        if (number->number <= last) tell("sink receives");
        last = number->number;
        if (number->number % 100 == 0) tell("sink has " + std::to_string(number->number));
    }
    tell("sink ends");
    return {};
}

Result<void> thrower(Service&) { throw std::runtime_error{"a fit of anger"}; }

Result<void> failing(Service&) { return Error{Errc::unavailable, "no luck"}; }

/// Neither waits at a port nor looks whether it is to stop.
Result<void> deaf(Service&) {
    tell("deaf runs");
    for (;;) ::pause();
}

Result<void> misnamed(Service& service) {
    MYCELIUM_TRY_ASSIGN(auto place, service.dial("nubmers"));
    return {};
}

/// Started, it says when that was, on the clock of all processes.
Result<void> quick(Service& service) {
    MYCELIUM_TRY_ASSIGN(auto place, service.bind("beats"));
    MYCELIUM_TRY_ASSIGN(auto beats, service.node().publisher<Count>(place));
    const std::uint64_t pid = static_cast<std::uint64_t>(::getpid());
    while (!service.is_stopping()) {
        beats.publish({pid}).value();
        (void)wait(after(1ms), service);
    }
    return {};
}

}  // namespace

int main(int count, char** arguments) {
    return run(count, arguments,
               {{"source", source},
                {"sink", sink},
                {"thrower", thrower},
                {"failing", failing},
                {"deaf", deaf},
                {"misnamed", misnamed},
                {"quick", quick}});
}
