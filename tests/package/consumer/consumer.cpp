// A user's first program, built against the installed package.
#include <cstdint>
#include <cstdio>

#include <mycelium/mycelium.h>

struct Reading {
    std::uint64_t sequence;
    double celsius;
};
MYCELIUM_FLAT(Reading, sequence, celsius);

int main() {
    mycelium::Node node{"consumer"};
    auto readings = node.publisher<Reading>("inproc://readings");
    auto subscriber = node.subscriber<Reading>("inproc://readings");
    if (!readings.ok() || !subscriber.ok() || !readings->wait_for(1, std::chrono::seconds{10}).ok())
        return 1;
    if (!readings->publish({1, 21.5}).ok()) return 1;
    const auto heard = subscriber->receive_for(std::chrono::seconds{10});
    if (!heard.ok()) return 1;
    std::printf("heard %.1f\n", (*heard)->celsius);
}
