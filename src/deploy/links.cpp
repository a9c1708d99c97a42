#include "deploy/links.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/nearest.h"
#include "deploy/fabric_file.h"

namespace mycelium::deploy {

namespace {

constexpr std::string_view bind_prefix = "MYCELIUM_BIND_";
constexpr std::string_view link_prefix = "MYCELIUM_LINK_";
constexpr std::string_view links_prefix = "MYCELIUM_LINKS=";

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return text;
}

bool is_plain(char c) noexcept {
    return static_cast<unsigned char>(c) > ' ' && c != '%' && c != 0x7f;
}

}  // namespace

void Links::add(Link link) {
    std::string key = variable_of({}, link.name);
    links_.insert_or_assign(std::move(key), std::move(link));
}

void Links::open(std::vector<std::string> bind_prefixes, std::string dial_prefix) {
    bind_prefixes_ = std::move(bind_prefixes);
    dial_prefix_ = std::move(dial_prefix);
}

Result<const Links::Link*> Links::find(std::string_view name) const {
    if (!is_name(name))
        return Error{Errc::invalid, "'" + std::string{name} +
                                        "' is no name for a link: letters, digits, '-' and '_'"};
    const auto found = links_.find(variable_of({}, name));
    if (found != links_.end()) return &found->second;
    if (!dial_prefix_.empty()) return nullptr;
    std::vector<std::string> names;
    for (const auto& entry : links_) names.push_back(entry.second.name);
    return Error{Errc::invalid, "the fabric has no link '" + std::string{name} + "'" +
                                    base::did_you_mean(name, names)};
}

Result<Urls> Links::bind(std::string_view name) const {
    MYCELIUM_TRY_ASSIGN(const Link* const link, find(name));
    std::vector<std::string> urls;
    if (link != nullptr)
        urls = link->bind;
    else
        for (const std::string& prefix : bind_prefixes_) urls.push_back(prefix + std::string{name});
    if (!urls.empty()) return Urls{std::move(urls)};
    return Error{Errc::invalid, "link '" + std::string{name} +
                                    "' is bound by another service, as its bound_by says"};
}

Result<std::string> Links::dial(std::string_view name) const {
    MYCELIUM_TRY_ASSIGN(const Link* const link, find(name));
    return link != nullptr ? link->dial : dial_prefix_ + std::string{name};
}

std::vector<std::string> Links::to_environment() const {
    std::vector<std::string> all;
    for (const auto& entry : links_) {
        all.push_back(std::string{link_prefix} + entry.first + "=" + entry.second.dial);
        if (!entry.second.bind.empty())
            all.push_back(std::string{bind_prefix} + entry.first + "=" + joined(entry.second.bind));
    }
    if (!dial_prefix_.empty()) all.push_back(std::string{links_prefix} + dial_prefix_);
    return all;
}

Links Links::from_environment(const std::vector<std::string>& environment) {
    Links links;
    for (const std::string_view entry : environment) {
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string value{entry.substr(equals + 1)};
        if (entry.starts_with(links_prefix)) links.open({value}, value);
        const bool is_bind = entry.starts_with(bind_prefix);
        if (!is_bind && !entry.starts_with(link_prefix)) continue;
        const std::string key{entry.substr(bind_prefix.size(), equals - bind_prefix.size())};
        Link& link = links.links_[key];
        link.name = lower(key);
        if (is_bind)
            link.bind = split(value);
        else
            link.dial = value;
    }
    return links;
}

std::string joined(const std::vector<std::string>& words) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ' ';
        if (word.empty()) text += "%";  // alone: an empty word
        for (const char c : word) {
            if (is_plain(c)) {
                text += c;
                continue;
            }
            const auto byte = static_cast<unsigned char>(c);
            text += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return text;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view escaped = text.substr(0, end);
        std::string word;
        for (std::size_t n = 0; n < escaped.size(); ++n) {
            unsigned byte = 0;
            const char* const digits = escaped.data() + n + 1;
            if (escaped[n] != '%') {
                word += escaped[n];
            } else if (n + 2 < escaped.size() &&
                       std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
                word += static_cast<char>(byte);
                n += 2;
            }
        }
        words.push_back(std::move(word));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace mycelium::deploy
