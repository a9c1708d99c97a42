#include <iostream>

#include "reading.h"

int main(int count, char** arguments) {
    const char* url = count > 1 ? arguments[1] : "unix:///tmp/greenhouse.sock";
    mycelium::Node node{"display"};
    auto readings = node.subscriber<Reading>(url);
    if (!readings) return std::cerr << readings.error().message() << '\n', 1;
    for (const auto& reading : *readings) {
        if (reading.missed()) std::cout << reading.missed().count() << " missed\n";
        std::cout << reading->sequence << ": " << reading->celsius << " °C" << std::endl;
    }
}
