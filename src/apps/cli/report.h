// What the command says to people: one line each, on stderr. And how it exits.
#pragma once

#include <cstdint>
#include <string_view>

#include <mycelium/node.h>
#include <mycelium/result.h>

namespace mycelium::cli {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;  ///< the command line is wrong

/// "mycelium VERB: text"; an empty verb is left out.
void say(std::string_view verb, std::string_view text);
/// Says the error and returns the exit status for it.
int fail(std::string_view verb, const Error& error);
/// The same for a port that could not be made: a URL that is invalid, but for a
/// folder that is missing, is a wrong command line.
int fail_to_open(std::string_view verb, const Error& error);

/// A node whose warnings are said by this verb; or not, where it learns of them as events.
enum class Warnings : std::uint8_t { said, kept };
Node node_of(std::string_view verb, Warnings warnings = Warnings::said);

}  // namespace mycelium::cli
