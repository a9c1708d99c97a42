#include "deploy/toml_reader.h"

#include <algorithm>
#include <cctype>

#include "base/nearest.h"
#include "base/quantity.h"

namespace mycelium::deploy {

namespace {

constexpr std::size_t mistakes_kept_max = 1000;
constexpr std::size_t shown_bytes_max = 64;

/// Text from the file as it may stand in a line.
std::string shown(std::string_view text) {
    std::string line{text.substr(0, shown_bytes_max)};
    std::replace_if(
        line.begin(), line.end(),
        [](char c) { return std::iscntrl(static_cast<unsigned char>(c)); }, '?');
    return "'" + line + (text.size() > shown_bytes_max ? "…'" : "'");
}

bool is_variable(std::string_view name) noexcept {
    const auto is_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), is_word) &&
           std::isdigit(static_cast<unsigned char>(name.front())) == 0;
}

bool is_ours(std::string_view variable) noexcept {
    for (const std::string_view prefix : {"MYCELIUM_LINK_", "MYCELIUM_BIND_"})
        if (variable.starts_with(prefix)) return true;
    for (const std::string_view name :
         {"MYCELIUM_FABRIC", "MYCELIUM_SERVICE", "MYCELIUM_RUN", "MYCELIUM_ARGUMENTS",
          "MYCELIUM_RELAY", "MYCELIUM_LINKS", "NOTIFY_SOCKET"})
        if (variable == name) return true;
    return false;
}

}  // namespace

void TomlReader::mistake(const Position& at, std::string text) {
    if (mistakes_.size() < mistakes_kept_max) mistakes_.push_back({at, std::move(text)});
}

void TomlReader::unknown(const Position& at, std::string_view what, std::string_view name,
                         const std::vector<std::string>& names) {
    mistake(at, std::string{what} + " " + shown(name) + base::did_you_mean(name, names));
}

bool TomlReader::expect(const TomlValue& value, TomlValue::Kind kind, std::string_view what) {
    if (value.kind == kind) return true;
    mistake(value.at, std::string{what} + " must be " + std::string{describe(kind)} + ", not " +
                          std::string{describe(value.kind)});
    return false;
}

void TomlReader::table(const TomlValue& value, std::string_view what, std::span<const Key> keys) {
    if (!expect(value, TomlValue::Kind::table, what)) return;
    for (const auto& member : value.members) {
        const auto key = std::find_if(keys.begin(), keys.end(),
                                      [&](const Key& known) { return known.first == member.name; });
        if (key != keys.end()) {
            key->second(member.value);
            continue;
        }
        std::vector<std::string> names;
        for (const Key& known : keys) names.push_back(known.first);
        unknown(member.value.key_at, std::string{what} + " knows no", member.name, names);
    }
}

void TomlReader::named(const TomlValue& value, std::string_view what,
                       const std::function<void(const std::string&, const TomlValue&)>& each) {
    if (!expect(value, TomlValue::Kind::table, "[" + std::string{what} + "]")) return;
    for (const auto& member : value.members) {
        if (!is_name(member.name))
            mistake(member.value.key_at,
                    shown(member.name) + " is no name for a " + std::string{what} + ": 1 to " +
                        std::to_string(name_bytes_max) + " letters, digits, '-' and '_'");
        else
            each(member.name, member.value);
    }
}

std::optional<std::string> TomlReader::string(const TomlValue& value, std::string_view what) {
    if (!expect(value, TomlValue::Kind::string, what)) return std::nullopt;
    if (value.text.find('\0') == std::string::npos) return value.text;
    mistake(value.at, std::string{what} + " has a zero byte");
    return std::nullopt;
}

std::vector<std::string> TomlReader::strings(const TomlValue& value, std::string_view what) {
    std::vector<std::string> all;
    if (!expect(value, TomlValue::Kind::array, what)) return all;
    for (const TomlValue& element : value.elements)
        if (auto text = string(element, "each of " + std::string{what}))
            all.push_back(*std::move(text));
    return all;
}

std::optional<Reference> TomlReader::reference(const TomlValue& value, std::string_view what) {
    auto name = string(value, what);
    if (!name) return std::nullopt;
    return Reference{*std::move(name), value.at};
}

std::vector<Reference> TomlReader::references(const TomlValue& value, std::string_view what) {
    std::vector<Reference> all;
    if (!expect(value, TomlValue::Kind::array, what)) return all;
    for (const TomlValue& element : value.elements) {
        auto one = reference(element, "each of " + std::string{what});
        if (!one) continue;
        const bool is_twice = std::any_of(all.begin(), all.end(), [&](const Reference& other) {
            return other.name == one->name;
        });
        if (is_twice)
            mistake(element.at, shown(one->name) + " stands twice in " + std::string{what});
        else
            all.push_back(*std::move(one));
    }
    return all;
}

std::optional<std::int64_t> TomlReader::integer(const TomlValue& value, std::string_view what,
                                                std::int64_t min, std::int64_t max) {
    if (!expect(value, TomlValue::Kind::integer, what)) return std::nullopt;
    if (value.integer >= min && value.integer <= max) return value.integer;
    mistake(value.at, std::string{what} + " is a whole number from " + std::to_string(min) +
                          " to " + std::to_string(max));
    return std::nullopt;
}

std::optional<Duration> TomlReader::duration(const TomlValue& value, std::string_view what,
                                             Duration min, Duration max) {
    const auto text = string(value, what);
    if (!text) return std::nullopt;
    const auto duration = base::parse_duration(*text);
    if (!duration) {
        mistake(value.at, std::string{what} + ": " + shown(*text) +
                              " is not a duration: write 200ms, 5s or 1m");
    } else if (*duration < min || *duration > max) {
        mistake(value.at,
                std::string{what} + " lasts " + base::text_of(min) + " to " + base::text_of(max));
    } else {
        return *duration;
    }
    return std::nullopt;
}

std::optional<std::size_t> TomlReader::one_of(const TomlValue& value, std::string_view what,
                                              const std::vector<std::string>& words) {
    const auto word = string(value, what);
    if (!word) return std::nullopt;
    const auto found = std::find(words.begin(), words.end(), *word);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string all;
    for (std::size_t n = 0; n < words.size(); ++n)
        all += (n == 0 ? "" : n + 1 == words.size() ? " or " : ", ") + words[n];
    unknown(value.at, std::string{what} + " is " + all + ", not", *word, words);
    return std::nullopt;
}

std::map<std::string, std::string> TomlReader::environment(const TomlValue& value,
                                                           std::string_view what) {
    std::map<std::string, std::string> all;
    if (!expect(value, TomlValue::Kind::table, what)) return all;
    for (const auto& member : value.members) {
        if (!is_variable(member.name))
            mistake(member.value.key_at, shown(member.name) + " is no name for a variable");
        else if (is_ours(member.name))
            mistake(member.value.key_at, member.name + " is set by whoever starts the service");
        else if (auto text = string(member.value, member.name))
            all.emplace(member.name, *std::move(text));
    }
    return all;
}

}  // namespace mycelium::deploy
