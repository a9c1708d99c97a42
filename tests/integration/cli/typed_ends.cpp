// Typed ends for the tests of the command, whose own ends are untyped.
//   typed_ends publish-fields|publish-flat|publish-trade URL   one message to one subscriber
//   typed_ends serve URL                                       answers one question
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <mycelium/mycelium.h>

namespace {

struct Order {
    std::string symbol;
    std::int64_t quantity = 0;
    std::optional<double> limit;
    std::vector<std::uint64_t> lots;
    mycelium::Bytes tag;
};
MYCELIUM_FIELDS(Order, (1, symbol), (2, quantity), (3, limit), (4, lots), (5, tag));

struct Receipt {
    std::string text;
    std::int64_t total = 0;
};
MYCELIUM_FIELDS(Receipt, (1, text), (2, total));

struct Reading {
    std::uint64_t sequence = 0;
    double celsius = 0;
};
MYCELIUM_FLAT(Reading, sequence, celsius);

template <class T>
int publish(const char* url, const T& value) {
    mycelium::Node node{"typed publisher"};
    auto publisher = node.publisher<T>(url).value();
    publisher.wait_for(1).value();
    publisher.publish(value).value();
    return publisher.drain(std::chrono::seconds{60}).ok() ? 0 : 1;
}

int serve(const char* url) {
    mycelium::Node node{"typed replier"};
    auto replier = node.replier<Order, Receipt>(url).value();
    auto request = replier.receive().value();
    return request.answer({"bought", 2 * request.question().quantity}).ok() ? 0 : 1;
}

int play(std::string_view part, const char* url) {
    if (part == "publish-fields")
        return publish(
            url, Order{"ABC \"quoted\"", -5, 1.5, {UINT64_MAX}, mycelium::Bytes::copy_of("hi")});
    if (part == "publish-flat") return publish(url, Reading{7, 21.5});
    if (part == "publish-trade")
        return publish(url, mycelium::tlv::Trade{1, 2, 3, 4, 5, 6, 0, 1, {}});
    return part == "serve" ? serve(url) : 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    try {
        return play(argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "typed_ends: %s\n", error.what());
        return 1;
    }
}
