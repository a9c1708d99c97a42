// The command line as plain data: which verbs there are, and what they take. Manual pages and
// completion are made of it, so that neither can say anything else than --help does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mycelium::cli {

/// An option ("--file FILE"), or an argument without a name ("URL").
struct OptionDescription {
    std::vector<std::string> names;  ///< "--file", "-f"; none: the argument is known by its place
    std::string value;               ///< "FILE", "threads|processes"; empty: it takes no value
    std::string text;                ///< one sentence without its full stop
    bool is_required = false;
    bool takes_several = false;
};

struct VerbDescription {
    std::string name;
    std::string text;  ///< one sentence without its full stop
    std::string
        epilogue;  ///< what --help ends with: "Examples:", two spaces before each line; notes
    std::vector<OptionDescription> options;
    std::vector<OptionDescription> arguments;  ///< in their order
    std::vector<VerbDescription> verbs;
};

const VerbDescription* find_verb(const VerbDescription& command, std::string_view name);
const OptionDescription* find_option(const VerbDescription& verb, std::string_view name);

/// The words that a value may be, where its name lists them: "threads|processes". Names of one
/// word, and those in capitals, list none.
std::vector<std::string> choices_of(std::string_view value);

}  // namespace mycelium::cli
