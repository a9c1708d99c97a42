// Part: what a peer of a test does, in a thread of the test or in a process of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "channel.h"
#include "transport_under_test.h"

namespace mycelium::conformance {

/// The name of what it plays, its transport and its arguments; what a command line says.
struct Part {
    std::string name;
    std::string transport;
    std::map<std::string, std::string> arguments;

    std::string text(const std::string& key, std::string otherwise = {}) const;
    std::uint64_t number(const std::string& key, std::uint64_t otherwise) const;
    /// "--role", name, transport, "key=value" …
    std::vector<std::string> command_line() const;
    /// The inverse; an empty name: these are not the arguments of a role.
    static Part from(int argc, char** argv);
};

/// Plays it until the channel ends; the return value becomes the exit code. 0: all went as it
/// should.
int play(const Part& role, Channel& channel);

}  // namespace mycelium::conformance
