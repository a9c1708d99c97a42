#include "part.h"

#include <string>

namespace mycelium::conformance {

std::string Part::text(const std::string& key, std::string otherwise) const {
    const auto found = arguments.find(key);
    return found == arguments.end() ? std::move(otherwise) : found->second;
}

std::uint64_t Part::number(const std::string& key, std::uint64_t otherwise) const {
    const auto found = arguments.find(key);
    return found == arguments.end() ? otherwise : std::stoull(found->second);
}

std::vector<std::string> Part::command_line() const {
    std::vector<std::string> line{"--part", name, transport};
    for (const auto& [key, value] : arguments) line.push_back(key + "=" + value);
    return line;
}

Part Part::from(int argc, char** argv) {
    if (argc < 4 || std::string_view{argv[1]} != "--part") return {};
    Part part{argv[2], argv[3], {}};
    for (int i = 4; i < argc; ++i) {
        const std::string argument = argv[i];
        const auto equals = argument.find('=');
        part.arguments[argument.substr(0, equals)] =
            equals == std::string::npos ? "" : argument.substr(equals + 1);
    }
    return part;
}

}  // namespace mycelium::conformance
