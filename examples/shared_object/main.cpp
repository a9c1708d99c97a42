#include <iostream>
#include <mycelium/mycelium.h>

struct Map {
    std::map<std::string, double> prices;
};
MYCELIUM_FIELDS(Map, (1, prices));

int main() try {
    using namespace std::chrono_literals;
    mycelium::Node node{"shop"};
    auto maps = node.publisher<Map>({"inproc://map", "unix://@mycelium-example-map"}).value();
    auto here = node.subscriber<Map>("inproc://map").value();
    auto there = node.subscriber<Map>("unix://@mycelium-example-map").value();
    maps.wait_for(2, 5s).value();

    const auto map = std::make_shared<const Map>(Map{{{"tea", 2.5}, {"salt", 0.5}}});
    maps.publish(map).value();
    std::cout << "in this process the pointer itself: "
              << (here.receive().value().share() == map ? "yes" : "no") << '\n'
              << "beyond it a copy, encoded once: tea costs "
              << there.receive().value()->prices.at("tea") << '\n';
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
