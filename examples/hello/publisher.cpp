#include <iostream>
#include <thread>

#include "reading.h"

int main(int count, char** arguments) {
    const char* url = count > 1 ? arguments[1] : "unix:///tmp/greenhouse.sock";
    mycelium::Node node{"thermometer"};
    auto readings = node.publisher<Reading>(url);
    if (!readings) return std::cerr << readings.error().message() << '\n', 1;
    for (std::uint64_t n = 1;; ++n) {
        readings->publish({n, 21.5}).value();
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
}
