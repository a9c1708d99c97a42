#include "deploy/run_line.h"

#include <algorithm>

#include "base/nearest.h"
#include "deploy/fabric_file.h"

namespace mycelium::deploy {

namespace {

const std::vector<std::string> options_known{"--fabric", "--mode", "--host", "--service",
                                             "--help",   "-h",     "--"};

std::string* value_of(RunOptions& options, std::string_view name) {
    if (name == "--fabric") return &options.file;
    if (name == "--mode") return &options.mode;
    if (name == "--host") return &options.host;
    if (name == "--service") return &options.here;
    return nullptr;
}

}  // namespace

Result<RunLine> parse_run_line(const std::vector<std::string>& words, RunOptions options,
                               const std::vector<std::string>& services) {
    RunLine line{std::move(options), false};
    std::vector<std::string> only;
    for (std::size_t n = 0; n < words.size(); ++n) {
        const std::string& word = words[n];
        if (word == "--") {
            line.options.arguments.assign(words.begin() + static_cast<std::ptrdiff_t>(n) + 1,
                                          words.end());
            break;
        }
        if (word == "--help" || word == "-h") {
            line.wants_help = true;
            return line;
        }
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (std::string* const value = value_of(line.options, name)) {
            if (equals == std::string::npos && n + 1 == words.size())
                return Error{Errc::invalid, name + " needs a value"};
            *value = equals == std::string::npos ? words[++n] : word.substr(equals + 1);
            if (name == "--fabric") line.options.text.clear();
            continue;
        }
        if (word.starts_with('-'))
            return Error{Errc::invalid, name + ": there is no such option" +
                                            base::did_you_mean(name, options_known)};
        only.push_back(word);
    }
    if (!line.options.mode.empty()) MYCELIUM_TRY(mode_named(line.options.mode));
    // With a file, its services are known only when it is read.
    const bool has_file = !line.options.file.empty() || !line.options.text.empty();
    for (const std::string& name : only)
        if (!has_file && std::ranges::count(services, name) == 0)
            return Error{Errc::invalid,
                         "there is no service '" + name + "'" + base::did_you_mean(name, services)};
    if (!only.empty()) line.options.services = std::move(only);
    return line;
}

std::string run_help(const std::string& program, const std::vector<std::string>& services) {
    std::string names;
    for (const std::string& name : services) names += (names.empty() ? "" : " ") + name;
    return "usage: " + program +
           " [options] [SERVICE...] [-- arguments...]\n"
           "\n"
           "Runs its services until Ctrl-C: " +
           names +
           "\n\n"
           "  --fabric FILE   what runs, and where its links are; else every service with every "
           "link\n"
           "  --mode MODE     threads (of this process), processes, or hosts\n"
           "  --host NAME     in mode hosts: which of the file's hosts this is\n"
           "  --service NAME  only this one, in this process and without supervision\n"
           "  SERVICE...      only these\n";
}

}  // namespace mycelium::deploy
