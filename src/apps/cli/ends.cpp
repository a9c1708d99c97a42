#include "apps/cli/ends.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <mycelium/url.h>

#include "apps/cli/report.h"

namespace mycelium::cli {

namespace {

std::string listed(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words) list.append(list.empty() ? "" : ", ").append(word);
    return list;
}

bool is_port(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The URL that was probably meant by a text without a scheme; empty: no idea.
std::string url_meant(const std::string& text) {
    for (const std::string scheme : {"unix", "tcp"})
        if (text.starts_with(scheme + ":")) return scheme + "://" + text.substr(scheme.size() + 1);
    const std::size_t colon = text.rfind(':');
    if (text.starts_with('/') || text.starts_with('@')) return "unix://" + text;
    if (colon != std::string::npos && colon > 0 && is_port(text.substr(colon + 1)))
        return "tcp://" + text;
    const bool is_path = text.find('/') != std::string::npos || text.ends_with(".sock");
    return is_path ? "unix://" + text : std::string{};
}

Error without_scheme(const std::string& text) {
    const std::string meant = url_meant(text);
    return {Errc::invalid,
            "'" + text + "' has no scheme: " +
                (meant.empty() ? "begin with unix:// or tcp://" : "did you mean " + meant + "?")};
}

Result<void> check(const std::string& text) {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string::npos || scheme == 0) return without_scheme(text);
    auto url = Url::parse(text);
    if (!url && url.error().message().find("'" + text + "'") == std::string::npos)
        return std::move(url).error().context("'" + text + "'");
    if (!url) return std::move(url).error();
    if (url->scheme == "inproc")
        return Error{Errc::invalid,
                     text + ": reaches no other process: use a unix:// or tcp:// URL"};
    std::vector<std::string> schemes = standard_schemes();
    if (std::ranges::count(schemes, url->scheme) != 0) return {};
    std::erase(schemes, "inproc");
    return Error{Errc::invalid, text + ": there is no transport '" + url->scheme +
                                    "': use one of " + listed(schemes)};
}

}  // namespace

Result<void> check_urls(const std::vector<std::string>& urls) {
    for (const std::string& url : urls) MYCELIUM_TRY(check(url));
    return {};
}

std::string joined(const std::vector<std::string>& urls) { return listed(urls); }

void say_where(std::string_view verb, const std::vector<std::string>& asked,
               const std::vector<std::string>& given) {
    if (asked != given) say(verb, "bound to " + listed(given));
}

}  // namespace mycelium::cli
