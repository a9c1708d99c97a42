#include "apps/cli/report.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include "apps/cli/meeting.h"
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

int fail_to_open(std::string_view verb, const Error& error) {
    const bool has_no_folder = error.detail() == ENOENT || error.detail() == ENOTDIR;
    if (error.code() != Errc::invalid || has_no_folder) return fail(verb, error);
    say(verb, error.message() + "; see mycelium " + std::string{verb} + " --help");
    return exit_usage;
}

Node node_of(std::string_view verb, Warnings warnings) {
    NodeOptions options;
    options.name = "mycelium " + std::string{verb};
    options.log = [](std::string_view) {};
    if (warnings == Warnings::said)
        options.log = [verb = std::string{verb}](std::string_view line) {
            if (!is_of_wrong_url(line)) say(verb, line);
        };
    return Node{std::move(options)};
}

}  // namespace mycelium::cli
