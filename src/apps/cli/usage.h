// What is wrong about a command line, in words that name it.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

namespace mycelium::cli {

/// Says in one line what is wrong, and where to read on; returns the exit status. `written` are the
/// words behind the command's name.
int refuse(const CLI::App& app, const CLI::ParseError& error, std::span<const std::string> written);

}  // namespace mycelium::cli
