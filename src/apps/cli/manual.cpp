#include "apps/cli/manual.h"

#include <sstream>

#include "apps/cli/roff.h"

namespace mycelium::cli {

namespace {

using roff::bold;
using roff::escaped;
using roff::italic;
using roff::macro;

std::string in_capitals(std::string text) {
    for (char& letter : text)
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    return text;
}

std::string title(const std::string& page, std::string_view version) {
    return ".TH \"" + in_capitals(page) + "\" \"1\" \"\" \"mycelium " + std::string{version} +
           "\" \"Mycelium\"\n";
}

std::string sentence(std::string text) {
    if (!text.empty() && text.back() != '.') text += '.';
    return escaped(text) + "\n";
}

/// "page - what it does": a line that whatis(1) reads, which begins small as in every other page.
std::string name_section(const std::string& page, std::string text) {
    const bool is_word = text.size() > 1 && text[1] >= 'a' && text[1] <= 'z';
    if (is_word && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return macro("SH", "NAME") + escaped(page) + " \\- " + escaped(text) + "\n";
}

std::string reference(std::string_view page) { return ".BR " + escaped(page) + " (1)"; }

/// "--file, -f FILE", or "URL".
std::string head_of(const OptionDescription& option) {
    std::string head;
    for (const std::string& name : option.names) head += (head.empty() ? "" : ", ") + bold(name);
    if (!option.value.empty()) head += (head.empty() ? "" : " ") + italic(option.value);
    return head;
}

std::string list_of(const std::vector<OptionDescription>& options) {
    std::string text;
    for (const OptionDescription& option : options)
        text += ".TP\n" + head_of(option) + "\n" + sentence(option.text);
    return text;
}

std::string in_synopsis(const OptionDescription& option) {
    std::string text = option.names.empty() ? std::string{} : bold(option.names.front());
    if (!option.value.empty()) text += (text.empty() ? "" : " ") + italic(option.value);
    if (option.takes_several) text += " ...";
    return (option.is_required ? text : "[" + text + "]") + "\n";
}

/// "mycelium tlv encode" and what it takes. `words` are all that leads to the verb.
std::string synopsis_of(const std::string& words, const VerbDescription& verb) {
    std::string text = bold(words) + "\n";
    for (const OptionDescription& option : verb.options) text += in_synopsis(option);
    for (const OptionDescription& argument : verb.arguments) text += in_synopsis(argument);
    return text;
}

std::string synopses_of(const std::string& words, const VerbDescription& verb) {
    std::string text;
    const bool does_something = verb.options.size() > 1 || !verb.arguments.empty();  // than --help
    if (verb.verbs.empty() || does_something) text = synopsis_of(words, verb);
    for (const VerbDescription& inner : verb.verbs)
        text += (text.empty() ? "" : ".PP\n") + synopses_of(words + " " + inner.name, inner);
    return text;
}

/// What --help ends with: lines behind two spaces are examples, all others are notes.
std::string epilogue_of(const std::string& epilogue) {
    std::istringstream lines{epilogue};
    std::string examples;
    std::string notes;
    for (std::string line; std::getline(lines, line);) {
        if (line == "Examples:") continue;
        const bool is_example = line.starts_with("  ");
        if (line.empty())
            (notes.empty() ? examples : notes) += "\n";
        else if (is_example)
            examples += escaped(line.substr(2)) + "\n";
        else
            notes += escaped(line) + "\n";
    }
    while (examples.ends_with("\n\n")) examples.pop_back();
    std::string text;
    if (!examples.empty()) text += macro("SH", "EXAMPLES") + ".EX\n" + examples + ".EE\n";
    if (notes.empty()) return text;
    text += macro("SH", "NOTES");
    for (std::size_t at = 0; at < notes.size();) {
        const std::size_t end = notes.find('\n', at);
        const std::string line = notes.substr(at, end - at);
        if (!line.empty())
            text += line + "\n";
        else if (end + 1 < notes.size())
            text += ".PP\n";
        at = end + 1;
    }
    return text;
}

std::string options_section(const VerbDescription& verb) {
    const std::string lists = list_of(verb.arguments) + list_of(verb.options);
    return lists.empty() ? lists : macro("SH", "OPTIONS") + lists;
}

/// The verbs below a verb: one heading each.
std::string inner_sections(const std::string& words, const VerbDescription& verb) {
    std::string text;
    for (const VerbDescription& inner : verb.verbs) {
        const std::string inner_words = words + " " + inner.name;
        text += macro("SS", inner_words) + sentence(inner.text) + list_of(inner.arguments) +
                list_of(inner.options) + inner_sections(inner_words, inner);
    }
    return text;
}

std::string page_name(const VerbDescription& command, const VerbDescription& verb) {
    return command.name + "-" + verb.name;
}

}  // namespace

ManualPage manual_page(const VerbDescription& command, std::string_view version) {
    std::string text = title(command.name, version) + name_section(command.name, command.text) +
                       macro("SH", "SYNOPSIS") + bold(command.name) + " " + italic("VERB") +
                       " ...\n" + macro("SH", "DESCRIPTION") + sentence(command.text) +
                       macro("SH", "VERBS");
    for (const VerbDescription& verb : command.verbs)
        text += ".TP\n" + reference(page_name(command, verb)) + "\n" + sentence(verb.text);
    text += options_section(command) + epilogue_of(command.epilogue) + macro("SH", "SEE ALSO");
    for (const VerbDescription& verb : command.verbs) {
        const bool is_last = &verb == &command.verbs.back();
        text += reference(page_name(command, verb)) + (is_last ? "\n" : ",\n");
    }
    return {command.name, text};
}

ManualPage manual_page(const VerbDescription& command, const VerbDescription& verb,
                       std::string_view version) {
    const std::string name = page_name(command, verb);
    const std::string words = command.name + " " + verb.name;
    std::string text = title(name, version) + name_section(name, verb.text) +
                       macro("SH", "SYNOPSIS") + synopses_of(words, verb) +
                       macro("SH", "DESCRIPTION") + sentence(verb.text) + options_section(verb);
    if (!verb.verbs.empty()) text += macro("SH", "VERBS") + inner_sections(words, verb);
    text += epilogue_of(verb.epilogue) + macro("SH", "SEE ALSO") + reference(command.name) + "\n";
    return {name, text};
}

std::vector<ManualPage> manual_pages(const VerbDescription& command, std::string_view version) {
    std::vector<ManualPage> pages{manual_page(command, version)};
    for (const VerbDescription& verb : command.verbs)
        pages.push_back(manual_page(command, verb, version));
    return pages;
}

}  // namespace mycelium::cli
