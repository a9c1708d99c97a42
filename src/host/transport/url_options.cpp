#include "host/transport/url_options.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace mycelium::transport {

namespace {

constexpr std::string_view checksum = "checksum", allow = "allow";
constexpr std::int64_t everybody = -1;

/// Takes the first of a list "uid:1000,uid:*" off it. None: it is not of that form.
std::optional<std::int64_t> take_user(std::string_view& list) {
    const auto comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
    if (!one.starts_with("uid:")) return std::nullopt;
    one.remove_prefix(4);
    if (one == "*") return everybody;
    std::uint32_t user = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), user);
    if (error != std::errc{} || end != one.data() + one.size()) return std::nullopt;
    return user;
}

Error no_such(const Url& url, const std::string& option, const std::string& known) {
    return {Errc::invalid, url.to_string() + ": " + url.scheme + ":// has no option '" + option +
                               "': " + (known.empty() ? "leave it out" : "it takes " + known)};
}

Result<void> check_users(const Url& url, std::string_view list) {
    do {
        if (!take_user(list))
            return Error{Errc::invalid, url.to_string() +
                                            ": allow: write uid:NUMBER or uid:*, several with "
                                            "commas between"};
    } while (!list.empty());
    return {};
}

}  // namespace

Result<void> check_options(const Url& url, const StreamTransport& streams) {
    for (const auto& [option, value] : url.options) {
        if (option == checksum) {
            if (value != "on" && value != "off")
                return Error{Errc::invalid, url.to_string() + ": checksum: write on or off"};
        } else if (option == allow && streams.is_local()) {
            MYCELIUM_TRY(check_users(url, value));
        } else if (!streams.takes_option(option)) {
            return no_such(url, option, streams.is_local() ? "allow, checksum" : "checksum");
        }
    }
    return {};
}

Result<void> check_no_options(const Url& url) {
    if (url.options.empty()) return {};
    return no_such(url, url.options.begin()->first, "");
}

bool is_checked(const StreamTransport& streams, const Url& url) {
    const auto wish = url.option(checksum);
    return wish ? *wish == "on" : streams.is_checked();
}

bool allows(const Url& url, std::int64_t user) {
    std::string_view list = url.option(allow).value_or("");
    while (!list.empty())
        if (const auto one = take_user(list); one && (*one == everybody || *one == user))
            return true;
    return false;
}

}  // namespace mycelium::transport
