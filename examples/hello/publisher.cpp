#include <thread>

#include "reading.h"

int main(int count, char** arguments) {
    const char* url = count > 1 ? arguments[1] : "unix:///tmp/greenhouse.sock";
    mycelium::Node node{"thermometer"};
    auto readings = node.publisher<Reading>(url).value();
    for (std::uint64_t n = 1;; ++n) {
        readings.publish({n, 21.5}).value();
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
}
