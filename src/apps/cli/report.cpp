#include "apps/cli/report.h"

#include <cstdio>
#include <utility>

#include "apps/cli/text.h"

namespace mycelium::cli {

void say(std::string_view verb, std::string_view text) {
    std::string line = "mycelium";
    if (!verb.empty()) line.append(" ").append(verb);
    line.append(": ").append(one_line(text)).append("\n");
    std::fwrite(line.data(), 1, line.size(), stderr);
}

int fail(std::string_view verb, const Error& error) {
    say(verb, error.message());
    return exit_failure;
}

Node node_of(std::string_view verb) {
    NodeOptions options;
    options.name = "mycelium " + std::string{verb};
    options.log = [verb = std::string{verb}](std::string_view line) { say(verb, line); };
    return Node{std::move(options)};
}

}  // namespace mycelium::cli
