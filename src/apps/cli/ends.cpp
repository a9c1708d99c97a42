#include "apps/cli/ends.h"

#include <algorithm>

#include <mycelium/url.h>

#include "apps/cli/report.h"

namespace mycelium::cli {

namespace {

std::string listed(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words) list.append(list.empty() ? "" : ", ").append(word);
    return list;
}

Result<void> check(const std::string& text) {
    auto url = Url::parse(text);
    if (!url) return std::move(url).error().context("'" + text + "'");
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
