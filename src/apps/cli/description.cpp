#include "apps/cli/description.h"

#include <algorithm>

namespace mycelium::cli {

const VerbDescription* find_verb(const VerbDescription& command, std::string_view name) {
    for (const VerbDescription& verb : command.verbs)
        if (verb.name == name) return &verb;
    return nullptr;
}

const OptionDescription* find_option(const VerbDescription& verb, std::string_view name) {
    for (const OptionDescription& option : verb.options)
        if (std::ranges::find(option.names, name) != option.names.end()) return &option;
    return nullptr;
}

std::vector<std::string> choices_of(std::string_view value) {
    const auto is_capital = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
    if (value.find('|') == std::string_view::npos || std::ranges::any_of(value, is_capital))
        return {};
    std::vector<std::string> choices;
    for (;;) {
        const std::size_t end = value.find('|');
        choices.emplace_back(value.substr(0, end));
        if (end == std::string_view::npos) return choices;
        value.remove_prefix(end + 1);
    }
}

}  // namespace mycelium::cli
