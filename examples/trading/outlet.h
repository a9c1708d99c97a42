// Outlet: how a service publishes into its relay, messages of several types through one port.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mycelium/mycelium.h>

#include "ledger.h"

namespace trading {

/// Gathers messages and publishes them together, in their order, and in the ledger. A relay that is
/// slow is waited for; so is one that is not there. One thread.
class Outlet {
public:
    static constexpr std::size_t batch_max = 256;

    /// Dials the relay's `link`. Errors: those of Node::publisher_port().
    static mycelium::Result<Outlet> open(mycelium::Service& service, const std::string& link,
                                         Ledger& ledger);

    /// Waits until the relay is there, or the service is to stop.
    void wait_for_relay();
    /// Publishes what is gathered if there is no more room.
    template <class T>
    mycelium::Result<void> add(const T& message) {
        static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= slot_bytes);
        Slot& slot = slots_[count_];
        payloads_[count_] = mycelium::payload_of(*::new (slot.bytes) T(message));
        return ++count_ == batch_max ? flush() : mycelium::Result<void>{};
    }
    /// Publishes what is gathered. Errors: closed, overloaded.
    mycelium::Result<void> flush();

private:
    static constexpr std::size_t slot_bytes = 80;
    struct Slot {
        alignas(8) std::byte bytes[slot_bytes];
    };
    Outlet(mycelium::Service& service, mycelium::PublisherPort port, Ledger& ledger)
        : service_(&service),
          port_(std::move(port)),
          ledger_(&ledger),
          slots_(batch_max),
          payloads_(batch_max) {}

    mycelium::Service* service_;
    mycelium::PublisherPort port_;
    Ledger* ledger_;
    std::vector<Slot> slots_;
    std::vector<mycelium::Payload> payloads_;
    std::size_t count_ = 0;
};

}  // namespace trading
