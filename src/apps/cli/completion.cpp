#include "apps/cli/completion.h"

#include <algorithm>
#include <array>
#include <set>

namespace mycelium::cli {

namespace {

/// Where a line has come to before the word that is being written.
struct Position {
    const VerbDescription* verb;
    const OptionDescription* awaited = nullptr;  // an option whose value comes next
    std::size_t arguments_count = 0;
    bool has_ended_options = false;  // by "--"
    bool is_help = false;            // "help" stood where a verb does
    std::set<const OptionDescription*> given;
};

void pass_option(Position& position, const std::string& word) {
    const std::size_t equals = word.find('=');
    const OptionDescription* option = find_option(*position.verb, word.substr(0, equals));
    if (!option) return;
    position.given.insert(option);
    if (!option->value.empty() && equals == std::string::npos) position.awaited = option;
}

void pass(Position& position, const std::string& word, bool is_outermost) {
    if (position.awaited) {
        position.awaited = nullptr;
        return;
    }
    const bool is_option = !position.has_ended_options && word.size() > 1 && word[0] == '-';
    if (is_option && word == "--")
        position.has_ended_options = true;
    else if (is_option)
        pass_option(position, word);
    else if (const auto* verb = find_verb(*position.verb, word);
             verb && position.arguments_count == 0)
        position = Position{verb, nullptr, 0, false, position.is_help, {}};
    else if (is_outermost && word == "help")
        position.is_help = true;
    else
        ++position.arguments_count;
}

void offer(Completion& completion, std::string_view beginning, std::string word, std::string text) {
    if (word.starts_with(beginning))
        completion.candidates.push_back({std::move(word), std::move(text)});
}

void offer_urls(Completion& completion, const std::string& beginning) {
    constexpr std::string_view unix_path = "unix://";
    if (beginning.starts_with(unix_path) && beginning.substr(unix_path.size()).starts_with("/")) {
        completion.kind = Completion::Kind::files;
        completion.prefix += unix_path;
        return;
    }
    offer(completion, beginning, "shm://", "one machine, through shared memory");
    offer(completion, beginning, "unix:///", "one machine, a socket with a path");
    offer(completion, beginning, "unix://@", "one machine, a socket without a file");
    offer(completion, beginning, "tcp://", "anywhere: host:port");
}

bool is_one_of(std::string_view value, std::span<const std::string_view> names) {
    return std::ranges::find(names, value) != names.end();
}

/// What may stand for a value of that name: "URL", "FILE", "threads|processes".
void offer_values(Completion& completion, std::string_view value, const std::string& beginning) {
    constexpr std::array<std::string_view, 3> files{"FILE", "PATH", "FABRIC"};
    constexpr std::array<std::string_view, 3> folders{"FOLDER", "DIRECTORY", "DIR"};
    for (const std::string& choice : choices_of(value)) offer(completion, beginning, choice, {});
    if (value.find("URL") != std::string_view::npos)
        offer_urls(completion, beginning);
    else if (is_one_of(value, files) || value.find('.') != std::string_view::npos)
        completion.kind = Completion::Kind::files;  // "fabric.toml" is a file, too
    else if (is_one_of(value, folders))
        completion.kind = Completion::Kind::folders;
}

void offer_options(Completion& completion, const Position& position, const std::string& beginning) {
    for (const OptionDescription& option : position.verb->options)
        if (!position.given.contains(&option) || option.takes_several)
            for (const std::string& name : option.names)
                if (name.starts_with("--") || beginning.size() > 1)
                    offer(completion, beginning, name, option.text);
}

void offer_verbs(Completion& completion, const Position& position, const std::string& beginning,
                 bool is_outermost) {
    for (const VerbDescription& verb : position.verb->verbs)
        offer(completion, beginning, verb.name, verb.text);
    if (is_outermost && !position.is_help)
        offer(completion, beginning, "help", "Tell all options of a verb");
}

}  // namespace

Completion complete(const VerbDescription& command, std::span<const std::string> words) {
    Position position{&command, nullptr, 0, false, false, {}};
    if (words.empty()) return {};
    for (const std::string& word : words.first(words.size() - 1))
        pass(position, word, position.verb == &command);
    const std::string& last = words.back();
    const bool is_option =
        !position.has_ended_options && !position.awaited && last.starts_with('-');
    const std::size_t equals = last.find('=');
    Completion completion;
    if (position.awaited) {
        offer_values(completion, position.awaited->value, last);
    } else if (is_option && equals != std::string::npos) {
        completion.prefix = last.substr(0, equals + 1);
        if (const auto* option = find_option(*position.verb, last.substr(0, equals)))
            offer_values(completion, option->value, last.substr(equals + 1));
    } else if (is_option) {
        offer_options(completion, position, last);
    } else {
        if (position.arguments_count == 0)
            offer_verbs(completion, position, last, position.verb == &command);
        const std::vector<OptionDescription>& arguments = position.verb->arguments;
        if (arguments.empty() || position.is_help) return completion;
        const OptionDescription& argument =
            arguments[std::min(position.arguments_count, arguments.size() - 1)];
        if (position.arguments_count < arguments.size() || argument.takes_several)
            offer_values(completion, argument.value, last);
    }
    return completion;
}

std::string text_of(const Completion& completion) {
    constexpr std::array<std::string_view, 3> kinds{"words", "files", "folders"};
    std::string text{kinds[static_cast<std::size_t>(completion.kind)]};
    text += "\t" + completion.prefix + "\n";
    for (const Completion::Candidate& candidate : completion.candidates)
        text += candidate.word + "\t" + candidate.text + "\n";
    return text;
}

std::vector<std::string> words_of_line(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    char quote = 0;
    bool is_in_word = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char letter = line[i];
        const bool is_space = letter == ' ' || letter == '\t' || letter == '\n';
        if (quote == 0 && is_space) {
            if (is_in_word) words.push_back(std::move(word));
            word.clear();
            is_in_word = false;
            continue;
        }
        is_in_word = true;
        if (letter == '\\' && quote != '\'' && i + 1 < line.size())
            word += line[++i];
        else if (quote == 0 && (letter == '\'' || letter == '"'))
            quote = letter;
        else if (quote != 0 && letter == quote)
            quote = 0;
        else
            word += letter;
    }
    words.push_back(std::move(word));
    return words;
}

}  // namespace mycelium::cli
