// What the command says to people: one line each, on stderr. And how it exits.
#pragma once

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

/// A node whose warnings are said by this verb.
Node node_of(std::string_view verb);

}  // namespace mycelium::cli
