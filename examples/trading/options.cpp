#include "options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "decimal.h"

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

constexpr std::array<std::string_view, 8> service_names{
    "coinbase", "pools",        "strategy",     "execution",
    "table",    "market-relay", "signal-relay", "execution-relay"};

Error wrong(std::string_view what) { return {Errc::invalid, std::string{what} + "; see --help"}; }

Result<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return Error{Errc::invalid, "\"" + std::string{text} + "\" is not a whole number"};
    return value;
}

Result<Pace::Speed> speed(std::string_view text) {
    if (text == "real") return Pace::Speed::times(1);
    if (text == "max") return Pace::Speed::unlimited();
    MYCELIUM_TRY_ASSIGN(const std::int64_t times, parse_decimal(text));
    if (times == 0) return Error{Errc::invalid, "0 would never end"};
    return Pace::Speed{times};
}

Result<mycelium::Duration> seconds(std::string_view text) {
    MYCELIUM_TRY_ASSIGN(const std::int64_t value, parse_decimal(text));
    constexpr std::int64_t century = 3'155'760'000 * decimal_one;
    if (value == 0 || value > century)
        return Error{Errc::invalid, "\"" + std::string{text} + "\" is not between 0 and a century"};
    return mycelium::Duration{value * 10};
}

Result<std::string> one_of(std::string_view text, std::string_view a, std::string_view b,
                           std::string_view c) {
    if (text != a && text != b && text != c)
        return Error{Errc::invalid, "\"" + std::string{text} + "\" is neither " + std::string{a} +
                                        ", " + std::string{b} + " nor " + std::string{c}};
    return std::string{text};
}

/// It becomes part of a file.
Result<std::string> address(std::string_view text) {
    const auto is_wrong = [](char c) { return c <= ' ' || c == '"' || c == '\\' || c == 127; };
    if (std::any_of(text.begin(), text.end(), is_wrong))
        return Error{Errc::invalid, "an address has no blanks and no quotes"};
    return std::string{text};
}

Result<void> set(Options& options, std::string_view name, std::string_view value) {
    if (name == "--trades")
        options.trades = value;
    else if (name == "--at") {
        MYCELIUM_TRY_ASSIGN(options.at, address(value));
    } else if (name == "--venues") {
        MYCELIUM_TRY_ASSIGN(options.venues, address(value));
    } else if (name == "--desk") {
        MYCELIUM_TRY_ASSIGN(options.desk, address(value));
    } else if (name == "--host") {
        if (value != "venues" && value != "desk")
            return Error{Errc::invalid,
                         "\"" + std::string{value} + "\" is neither venues nor desk"};
        options.host = value;
    } else if (name == "--port") {
        MYCELIUM_TRY_ASSIGN(const std::uint64_t port, number(value));
        if (port == 0 || port > 65'527)
            return Error{Errc::invalid, "nine ports are taken: give one from 1 to 65527"};
        options.port = static_cast<std::uint16_t>(port);
    } else if (name == "--mode") {
        MYCELIUM_TRY_ASSIGN(options.mode, one_of(value, "threads", "processes", "hosts"));
    } else if (name == "--speed") {
        MYCELIUM_TRY_ASSIGN(options.speed, speed(value));
    } else if (name == "--loop") {
        MYCELIUM_TRY_ASSIGN(options.loops, number(value));
    } else if (name == "--seed") {
        MYCELIUM_TRY_ASSIGN(options.seed, number(value));
    } else if (name == "--seconds") {
        MYCELIUM_TRY_ASSIGN(options.seconds, seconds(value));
    } else if (name == "--transport") {
        MYCELIUM_TRY_ASSIGN(options.transport, one_of(value, "unix", "shm", "tcp"));
    } else
        return wrong("there is no such option");
    return {};
}

Result<void> set_role(Options& options, std::string_view name) {
    if (name == "generate") {
        options.role = Role::generate;
        return {};
    }
    for (const std::string_view service : service_names)
        if (name == service) {
            options.role = Role::service;
            options.service = service;
            return {};
        }
    return wrong("\"" + std::string{name} + "\" is no part of the job");
}

/// What does not go together.
Result<void> check(const Options& options) {
    if (options.role == Role::service && options.at.empty())
        return wrong("by itself it needs --at URL, the same for all");
    if (options.has_chaos && options.mode != "processes")
        return wrong("--chaos kills processes: it needs --mode processes");
    if (options.mode != "hosts" && (!options.host.empty() || options.port != 0))
        return wrong("--host and --port are of --mode hosts");
    if (!options.host.empty() && options.port == 0)
        return wrong("--host needs --port, the same on both");
    return {};
}

}  // namespace

Result<Options> Options::parse(std::span<const std::string_view> arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--help" || argument == "-h") {
            options.role = Role::help;
            return options;
        }
        if (argument == "--json" || argument == "--chaos") {
            (argument == "--json" ? options.is_json : options.has_chaos) = true;
            continue;
        }
        if (!argument.starts_with("-")) {
            if (i != 0) return wrong("\"" + std::string{argument} + "\" is one argument too many");
            MYCELIUM_TRY(set_role(options, argument));
            continue;
        }
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        if (equals == std::string_view::npos && ++i == arguments.size())
            return wrong(std::string{name} + " needs a value");
        const std::string_view value =
            equals == std::string_view::npos ? arguments[i] : argument.substr(equals + 1);
        if (value.empty()) return wrong(std::string{name} + " needs a value");
        if (auto done = set(options, name, value); !done)
            return std::move(done).error().context(name);
    }
    MYCELIUM_TRY(check(options));
    return options;
}

const std::string_view help_text =
    R"(mycelium-trading: two venues, a strategy, an execution and a live table, with relays between.

  mycelium-trading [options]           starts all; Ctrl-C ends them
  mycelium-trading SERVICE --at URL    only one: coinbase, pools, strategy, execution, table,
                                       market-relay, signal-relay or execution-relay
  mycelium-trading generate            prints a made-up recording

options:
  --mode threads|processes|hosts  how the services run (processes)
  --transport shm|unix|tcp        between the processes (shm)
  --trades FILE         a recording of Coinbase matches, one JSON object a line;
                        without it a made-up one is played
  --speed real|N|max    as it happened, N times as fast (20), or as fast as it goes
  --loop N              passes to play; 0, which is usual: until stopped
  --seconds N           ends after so many seconds
  --seed N              of the pools, and of the made-up recording (1)
  --chaos               kills and pauses services while they run; the ledger must balance
  --json                no table: one object at the end
  --at URL              base of the links' URLs: shm://name, unix:///folder, unix://@name,
                        or tcp://host:port, this port and the next five
  --help

between hosts:
  --host venues|desk    the part to run here; without it both are run on this machine
  --venues ADDRESS --desk ADDRESS  where the hosts are (127.0.0.1)
  --port N              of the links, this one and the next eight; the same on both

examples:
  mycelium-trading --seconds 3
  mycelium-trading --loop 1 --speed max --json
  mycelium-trading --chaos --seconds 30
  mycelium-trading generate > matches.ndjson
  mycelium-trading --trades matches.ndjson --loop 1 --mode threads
)";

}  // namespace trading
