// Says hello over the new transport: two nodes of one program, which might as well be two programs.
#include <iostream>

#include <mycelium/mycelium.h>

#include "seqpacket.h"

int main() {
    const auto speaking = [](std::string name) {
        mycelium::NodeOptions options;
        options.name = std::move(name);
        options.transports = {mycelium::framed(example::seqpacket_streams())};
        return mycelium::Node{options};
    };
    auto server = speaking("server"), client = speaking("client");
    auto publisher = server.publisher<mycelium::Bytes>("seqpacket://greetings").value();
    auto subscriber = client.subscriber<mycelium::Bytes>("seqpacket://greetings").value();
    publisher.wait_for(1).value();
    publisher.publish(mycelium::Bytes::copy_of("hello over packets")).value();
    std::cout << subscriber.receive().value()->text() << '\n';
}
