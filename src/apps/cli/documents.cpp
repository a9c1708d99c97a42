#include "apps/cli/documents.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "apps/cli/completion.h"
#include "apps/cli/completion_script.h"
#include "apps/cli/manual.h"
#include "apps/cli/output.h"
#include "apps/cli/report.h"
#include "base/nearest.h"

namespace mycelium::cli {

namespace {

int write(std::string_view verb, std::string_view text) {
    Output output;
    auto written = output.write(text);
    if (written) written = output.flush();
    return written ? exit_success : fail(verb, written.error());
}

Result<void> write_pages(const VerbDescription& command, const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return Error{Errc::invalid, folder.string() + ": cannot be made: " + error.message()};
    for (const ManualPage& page : manual_pages(command, MYCELIUM_VERSION)) {
        const std::filesystem::path path = folder / (page.name + ".1");
        std::ofstream file{path, std::ios::binary};
        file << page.text << std::flush;
        if (!file) return Error{Errc::invalid, path.string() + ": cannot be written"};
    }
    return {};
}

}  // namespace

int run_manual(const VerbDescription& command, const ManualOptions& options) {
    if (options.folder) {
        const auto written = write_pages(command, *options.folder);
        return written ? exit_success : fail("manual", written.error());
    }
    if (!options.verb) return write("manual", manual_page(command, MYCELIUM_VERSION).text);
    if (const VerbDescription* verb = find_verb(command, *options.verb))
        return write("manual", manual_page(command, *verb, MYCELIUM_VERSION).text);
    std::vector<std::string> names;
    for (const VerbDescription& verb : command.verbs) names.push_back(verb.name);
    say("manual",
        "there is no verb '" + *options.verb + "'" + base::did_you_mean(*options.verb, names));
    return exit_usage;
}

int run_completion(const std::string& shell) {
    const auto script = completion_script(shell);
    if (script) return write("completion", *script);
    say("completion", script.error().message());
    return exit_usage;
}

int run_complete(const VerbDescription& command, std::span<const std::string> words) {
    std::vector<std::string> written{words.begin() + 1, words.end()};
    if (written.size() == 2 && written[0] == "--line") {
        written = words_of_line(written[1]);
        written.erase(written.begin());  // the command's name
    } else if (!written.empty() && written[0] == "--") {
        written.erase(written.begin());
    }
    return write("complete", text_of(complete(command, written)));
}

}  // namespace mycelium::cli
