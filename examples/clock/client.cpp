#include <iostream>

#include "clock.h"

int main(int count, char** arguments) try {
    using namespace std::chrono_literals;
    const char* url = count > 1 ? arguments[1] : "unix:///tmp/clock.sock";
    mycelium::Node node{"traveller"};
    auto clock = node.requester<Question, Answer>(url).value();
    for (const char* zone : {"UTC", "Atlantis"}) {
        auto answer = clock.call({zone}, 2s);
        if (answer) std::cout << (*answer)->seconds << ", " << (*answer)->remark.value_or("") << '\n';
        else std::cout << answer.error().to_string() << '\n';
    }
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
