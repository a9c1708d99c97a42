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

enum class Role : std::uint8_t { launcher, adapter, strategy, table, generate, help };
std::string_view name_of(Role role) noexcept;

/// All parts take the same options, so that the launcher hands its own on; each looks at those that
/// concern it.
struct Options {
    Role role = Role::launcher;
    std::string transport = "unix";
    std::string at;      ///< base URL of the ports; empty: the launcher chooses a private one
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
