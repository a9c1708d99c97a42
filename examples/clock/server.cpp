#include <ctime>
#include <iostream>

#include "clock.h"

int main(int count, char** arguments) try {
    const char* url = count > 1 ? arguments[1] : "unix:///tmp/clock.sock";
    mycelium::Node node{"clock"};
    auto clock = node.replier<Question, Answer>(url).value();
    (void)clock.serve([](const Question& question) -> mycelium::Result<Answer> {
        if (question.zone != "UTC")
            return mycelium::Error{mycelium::Errc::failed, "no such zone: " + question.zone, 404};
        return Answer{std::time(nullptr), "by the host's clock"};
    });
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
