// What every verb that opens a port is told: where, on which side, and how large a message may be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/result.h>

namespace mycelium::cli {

struct EndOptions {
    std::vector<std::string> urls;
    Role role = Role::usual;
    std::uint64_t message_bytes_max = limits::message_bytes_max;
};

/// Errors: invalid (not a URL, or one at which the command could meet nobody).
Result<void> check_urls(const std::vector<std::string>& urls);
/// "unix:///a, tcp://b:1".
std::string joined(const std::vector<std::string>& urls);
/// Says where a port stands if that was not known before: tcp://127.0.0.1:0 has become a port
/// number.
void say_where(std::string_view verb, const std::vector<std::string>& asked,
               const std::vector<std::string>& given);

}  // namespace mycelium::cli
