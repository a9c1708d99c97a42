#include "apps/cli/usage.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/cli/description.h"
#include "apps/cli/report.h"
#include "base/nearest.h"

namespace mycelium::cli {

namespace {

/// The subcommands that were given, as one word each: "pub", "tlv decode".
std::string verb_of(const CLI::App& app) {
    std::string words;
    for (const CLI::App* verb : app.get_subcommands())
        words.append(verb->get_name())
            .append(verb->get_subcommands().empty() ? "" : " ")
            .append(verb_of(*verb));
    return words;
}

/// The subcommand that was given last, which the words behind it were for.
const CLI::App& innermost(const CLI::App& app) {
    const auto verbs = app.get_subcommands();
    return verbs.empty() ? app : innermost(*verbs.back());
}

std::vector<std::string> options_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

std::vector<std::string> verbs_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(verb->get_name());
    return names;
}

/// The first word that was written as an option and is none. Behind "--" nothing is an option.
std::optional<std::string> unknown_option(const CLI::App& app,
                                          std::span<const std::string> written) {
    const std::vector<std::string> unknown = app.remaining(true);
    for (const std::string& word : written) {
        if (word == "--") break;
        if (word.size() > 1 && word.front() == '-' && std::ranges::count(unknown, word) != 0)
            return word.substr(0, word.find('='));
    }
    return std::nullopt;
}

/// "one of a, b and c".
std::string listed(const std::vector<std::string>& choices) {
    std::string text = "one of ";
    for (std::size_t i = 0; i < choices.size(); ++i)
        text += (i == 0 ? "" : i + 1 == choices.size() ? " and " : ", ") + choices[i];
    return text;
}

/// CLI11's "--count: 1 required N missing" in a person's words.
std::string in_words(std::string_view text) {
    constexpr std::string_view middle = ": 1 required ";
    constexpr std::string_view end = " missing";
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kinds{
        {{"N", "a number"},
         {"DURATION", "a duration: 200ms, 5s, 1m"},
         {"SIZE", "a size: 4096, 64KiB, 10MiB"},
         {"FILE", "a file"}}};
    const std::size_t found = text.find(middle);
    if (found == std::string_view::npos || !text.ends_with(end)) return std::string{text};
    std::string_view kind = text.substr(found + middle.size());
    kind.remove_suffix(end.size());
    if (const auto choices = choices_of(kind); !choices.empty())
        return std::string{text.substr(0, found)} + " needs " + listed(choices);
    const auto known = std::ranges::find(kinds, kind, [](const auto& one) { return one.first; });
    return std::string{text.substr(0, found)} + " needs " +
           (known == kinds.end() ? "a " + std::string{kind} : std::string{known->second});
}

std::string reason_of(const CLI::App& app, const CLI::ParseError& error,
                      std::span<const std::string> written) {
    const CLI::App& verb = innermost(app);
    // Before anything else: what looks like a wrong value may be that of an option with a slip in
    // its name.
    if (const auto option = unknown_option(app, written))
        return *option + ": there is no such option" +
               base::did_you_mean(*option, options_of(verb));
    const std::vector<std::string> unknown = app.remaining(true);
    // CLI11 would say what is missing, not what is there in its place.
    const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
    if ((code == CLI::ExitCodes::RequiredError || code == CLI::ExitCodes::Success) &&
        !unknown.empty())
        return "what is '" + unknown.front() + "'?" +
               base::did_you_mean(unknown.front(), verbs_of(verb));
    return in_words(error.what());
}

}  // namespace

int refuse(const CLI::App& app, const CLI::ParseError& error,
           std::span<const std::string> written) {
    const std::string verb = verb_of(app);
    const std::string reason = reason_of(app, error, written);
    say(verb, reason + (reason.ends_with('?') ? " See" : "; see") + " mycelium " + verb +
                  (verb.empty() ? "" : " ") + "--help");
    return exit_usage;
}

}  // namespace mycelium::cli
