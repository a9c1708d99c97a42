// The command line of mycelium-trading.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "pace.h"

namespace trading {

/// What the program is to be: the whole job, one of its services alone, or something else.
enum class Role : std::uint8_t { job, service, generate, help };

/// All parts take the same options; each looks at those that concern it. A value.
struct Options {
    Role role = Role::job;
    std::string service;             ///< of Role::service
    std::string mode = "processes";  ///< threads, processes, hosts
    std::string transport = "shm";
    std::string at;                    ///< base URL of the links; empty: a private one is chosen
    std::string host;                  ///< in mode hosts, the part to run; empty: both, here
    std::string venues = "127.0.0.1";  ///< addresses of the hosts
    std::string desk = "127.0.0.1";
    std::uint16_t port =
        0;  ///< in mode hosts, the first of the links' ports; 0: some that are free
    bool has_chaos = false;
    std::string trades;  ///< a recording; empty: a generated one
    Pace::Speed speed = Pace::Speed::times(20);
    std::uint64_t loops = 0;  ///< passes to play; 0: until stopped
    std::uint64_t seed = 1;
    std::optional<mycelium::Duration> seconds;
    bool is_json = false;

    /// The arguments after the program's name. Errors: invalid, naming the argument.
    static mycelium::Result<Options> parse(std::span<const std::string_view> arguments);
};

extern const std::string_view help_text;

}  // namespace trading
