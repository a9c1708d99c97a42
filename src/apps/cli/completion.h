// What a word of a command line may become, found in the description of the command line. The
// shells ask through the scripts of completion_script.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/description.h"

namespace mycelium::cli {

struct Completion {
    enum class Kind : std::uint8_t { words, files, folders };
    struct Candidate {
        std::string word;
        std::string text;  ///< what it means; may be empty
        friend bool operator==(const Candidate&, const Candidate&) = default;
    };
    Kind kind = Kind::words;
    std::string prefix;  ///< what the word begins with already, before the candidates: "--file="
    std::vector<Candidate> candidates;  ///< only with words; files are the shell's to find
};

/// `words` are those behind the command's name; the last one is being written, and may be empty.
Completion complete(const VerbDescription& command, std::span<const std::string> words);

/// As the scripts read it: "kind TAB prefix", then a line "word TAB text" for each candidate.
std::string text_of(const Completion& completion);

/// The words of the beginning of a shell's line, quotes and backslashes removed; the last one is
/// empty where the line ends in a space.
std::vector<std::string> words_of_line(std::string_view line);

}  // namespace mycelium::cli
