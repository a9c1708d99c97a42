#include "lending_parts.h"

#include <fstream>
#include <sstream>
#include <vector>

#include "attacked.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

std::uint64_t number_in(const std::string& line) {
    std::istringstream words{line};
    std::string word;
    std::uint64_t number = 0;
    words >> word >> number;
    return number;
}

}  // namespace

bool is_lent(const Bytes& bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        std::size_t dash = 0;
        const std::uintptr_t begin = std::stoull(line, &dash, 16);
        const std::uintptr_t end = std::stoull(line.substr(dash + 1), nullptr, 16);
        if (begin <= address && address < end)
            return line.find("mycelium.pool") != std::string::npos;
    }
    return false;
}

int play_holder(const Part& part, Channel& channel) {
    Node home{quiet("holder")};
    auto subscriber = home.subscriber<Bytes>(part.text("url")).value();
    channel.say("ready");
    std::vector<Sample<Bytes>> held;
    while (auto line = channel.hear(std::chrono::hours{1})) {
        std::string lent;
        for (std::uint64_t left = number_in(*line); left != 0; --left) {
            auto sample = subscriber.receive_for(patience);
            if (!sample || !stamped_number((*sample)->span())) return 1;
            lent += is_lent(**sample) ? '1' : '0';
            held.push_back(*std::move(sample));
        }
        channel.say(lent);
    }
    return 0;
}

int play_lender(const Part& part, Channel& channel) {
    Node home{quiet("lender")};
    auto publisher = home.publisher<Bytes>(part.text("url")).value();
    channel.say("ready");
    std::uint64_t number = 0;
    while (auto line = channel.hear(std::chrono::hours{1})) {
        publisher.wait_for(1, patience).value();
        for (std::uint64_t left = number_in(*line); left != 0; --left) {
            auto loan = publisher.loan(part.number("size", 1 * MiB)).value();
            stamp(loan.span(), ++number);
            publisher.publish(std::move(loan)).value();
        }
    }
    return 0;
}

}  // namespace mycelium::attack
