// Reads the description of a command line from CLI11's objects. Only main.cpp includes this.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <utility>

#include "apps/cli/description.h"

namespace mycelium::cli {

/// "N" of "N", "FILE" of "TEXT:FILE" (a check for a file), "a|b" of "TEXT:{a,b}" (a check for
/// words).
inline std::string value_name_of(const std::string& type) {
    const std::size_t colon = type.find(':');
    if (colon == std::string::npos) return type;
    const std::string check = type.substr(colon + 1);
    if (check == "FILE") return check;
    if (check == "DIR") return "FOLDER";
    if (check.size() < 3 || check.front() != '{' || check.back() != '}')
        return type.substr(0, colon);
    std::string choices = check.substr(1, check.size() - 2);
    std::ranges::replace(choices, ',', '|');
    return choices;
}

inline OptionDescription describe(const CLI::Option& option) {
    OptionDescription result;
    for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
    for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
    if (option.get_positional())
        result.value = option.get_name(true);
    else if (option.get_items_expected_max() > 0)
        result.value = value_name_of(option.get_type_name());
    result.text = option.get_description();
    result.is_required = option.get_required();
    result.takes_several = option.get_items_expected_max() > 1;
    return result;
}

/// Verbs and options of the empty group are those that --help keeps to itself.
inline VerbDescription describe(const CLI::App& app) {
    VerbDescription result;
    result.name = app.get_name();
    result.text = app.get_description();
    result.epilogue = app.get_footer();
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;
        (option->get_positional() ? result.arguments : result.options).push_back(describe(*option));
    }
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!verb->get_group().empty()) result.verbs.push_back(describe(*verb));
    return result;
}

}  // namespace mycelium::cli
