#include "options.h"

#include <charconv>

#include "decimal.h"

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

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

Result<std::string> transport(std::string_view text) {
    if (text != "unix" && text != "tcp" && text != "shm")
        return Error{Errc::invalid, "\"" + std::string{text} + "\" is neither unix, shm nor tcp"};
    return std::string{text};
}

Result<void> set(Options& options, std::string_view name, std::string_view value) {
    if (name == "--trades")
        options.trades = value;
    else if (name == "--at")
        options.at = value;
    else if (name == "--speed") {
        MYCELIUM_TRY_ASSIGN(options.speed, speed(value));
    } else if (name == "--loop") {
        MYCELIUM_TRY_ASSIGN(options.loops, number(value));
    } else if (name == "--seed") {
        MYCELIUM_TRY_ASSIGN(options.seed, number(value));
    } else if (name == "--seconds") {
        MYCELIUM_TRY_ASSIGN(options.seconds, seconds(value));
    } else if (name == "--transport") {
        MYCELIUM_TRY_ASSIGN(options.transport, transport(value));
    } else
        return wrong("there is no such option");
    return {};
}

Result<Role> role_of(std::string_view name) {
    for (const Role role : {Role::adapter, Role::strategy, Role::table, Role::generate})
        if (name == name_of(role)) return role;
    return wrong("\"" + std::string{name} + "\" is no part of the job");
}

}  // namespace

std::string_view name_of(Role role) noexcept {
    switch (role) {
        case Role::adapter:
            return "adapter";
        case Role::strategy:
            return "strategy";
        case Role::table:
            return "table";
        case Role::generate:
            return "generate";
        case Role::launcher:
        case Role::help:
            break;
    }
    return {};
}

Result<Options> Options::parse(std::span<const std::string_view> arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--help" || argument == "-h") {
            options.role = Role::help;
            return options;
        }
        if (argument == "--json") {
            options.is_json = true;
            continue;
        }
        if (!argument.starts_with("-")) {
            if (i != 0) return wrong("\"" + std::string{argument} + "\" is one argument too many");
            MYCELIUM_TRY_ASSIGN(options.role, role_of(argument));
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
    const bool is_service = options.role == Role::adapter || options.role == Role::strategy ||
                            options.role == Role::table;
    if (is_service && options.at.empty())
        return wrong("by itself it needs --at URL, the same for all three");
    return options;
}

const std::string_view help_text =
    R"(mycelium-trading: two venues, a strategy and a live table, as three processes.

  mycelium-trading [options]            starts all three; Ctrl-C ends them
  mycelium-trading adapter  --at URL    publishes trades and pool swaps
  mycelium-trading strategy --at URL    looks for prices that disagree
  mycelium-trading table    --at URL    shows what is going on
  mycelium-trading generate             prints a made-up recording

options:
  --trades FILE         a recording of Coinbase matches, one JSON object a line;
                        without it a made-up one is played
  --speed real|N|max    as it happened, N times as fast (20), or as fast as it goes
  --loop N              passes to play; 0, which is usual: until stopped
  --seconds N           ends after so many seconds
  --seed N              of the pools, and of the made-up recording (1)
  --json                no table: one object at the end
  --transport unix|shm|tcp  between the processes (unix)
  --at URL              base of the ports' URLs: unix:///folder, unix://@name,
                        or tcp://host:port, this port and the next four
  --help

examples:
  mycelium-trading --seconds 3
  mycelium-trading --loop 1 --speed max --json
  mycelium-trading generate > matches.ndjson
  mycelium-trading --trades matches.ndjson --loop 1 --transport tcp
)";

}  // namespace trading
