// Inlet: how a service reads a relay, messages of several types through one port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <mycelium/mycelium.h>

#include "ledger.h"
#include "receiving.h"

namespace trading {

/// One subscription. Every message is noted in the ledger. One thread.
class Inlet {
public:
    /// Dials the relay's `link` for these types. Errors: those of Node::subscriber_port().
    static mycelium::Result<Inlet> open(mycelium::Service& service, const std::string& link,
                                        mycelium::tlv::TypeSet types, Ledger& ledger);

    /// Waits until the relay is there, or the service is to stop.
    void wait_for_relay();
    /// Hands what has arrived to `handle(message)`, at most `limit` messages; returns how many.
    /// Errors: closed.
    template <class Handler>
    mycelium::Result<std::size_t> poll(Handler&& handle, std::size_t limit) {
        std::size_t count = 0;
        while (count < limit) {
            MYCELIUM_TRY_ASSIGN(const auto shown, port_.try_peek(limit - count));
            if (shown.empty()) break;
            look_for_events();
            for (const mycelium::Message& message : shown) {
                receiving_.note(message);
                handle(message);
            }
            count += shown.size();
            port_.take(shown.size());
            receiving_.commit();
        }
        return count;
    }

    const Receiving& receiving() const noexcept { return receiving_; }
    /// These two let mycelium::wait take it for a port.
    int fd() { return port_.fd(); }
    mycelium::Result<bool> is_ready() { return port_.is_ready(); }

private:
    Inlet(mycelium::Service& service, mycelium::SubscriberPort port, Ledger& ledger)
        : service_(&service), port_(std::move(port)), receiving_(ledger) {}
    void look_for_events();

    mycelium::Service* service_;
    mycelium::SubscriberPort port_;
    Receiving receiving_;
};

/// Calls `handler(const T&)` with the one of the types that the message is. False: it is none of
/// them, or not a whole one.
template <class... Ts, class Handler>
bool dispatch(const mycelium::Message& message, Handler&& handler) {
    const auto type = mycelium::tlv::first_type(message.payload.bytes);
    if (!type) return false;
    const auto try_one = [&]<class T>(std::in_place_type_t<T>) {
        if (*type != mycelium::codec::TlvValue<T>::type) return false;
        T value;
        if (!mycelium::codec::decode_into(message.payload.bytes, value)) return false;
        handler(std::as_const(value));
        return true;
    };
    return (try_one(std::in_place_type<Ts>) || ...);
}

}  // namespace trading
