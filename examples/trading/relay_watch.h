// RelayWatch: asks the relays how they are, without waiting for them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <mycelium/mycelium.h>

#include "view.h"

namespace trading {

/// Where the relay that binds this link can be asked.
mycelium::Result<std::string> control_of(mycelium::Service& service, std::string_view link);

/// Has a question open at each relay. One thread.
class RelayWatch {
public:
    explicit RelayWatch(mycelium::Service& service);
    /// Takes what has been answered, and asks again.
    void look();
    const RelayStates& states() const noexcept { return states_; }

private:
    using Asking = mycelium::Requester<mycelium::RelayCommand, mycelium::RelayReport>;
    struct One {
        std::optional<Asking> asking;
        std::optional<mycelium::PendingCall<mycelium::RelayReport>> pending;
    };
    std::array<One, 3> relays_;
    RelayStates states_;
};

}  // namespace trading
