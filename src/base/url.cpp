#include <mycelium/url.h>

#include <mycelium/limits.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace mycelium {
namespace {

constexpr std::size_t shown_bytes_max = 120;  // of a faulty URL in an error's text

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The text as it may stand in a line of a log: cut, and without control characters.
std::string shown(std::string_view text) {
    std::string line{text.substr(0, shown_bytes_max)};
    std::replace_if(line.begin(), line.end(), is_control, '?');
    if (text.size() > shown_bytes_max) line += "…";
    return "'" + line + "'";
}

Error bad(std::string_view text, std::size_t position, std::string_view reason) {
    return {Errc::invalid,
            shown(text) + " at byte " + std::to_string(position) + ": " + std::string{reason}};
}

/// Decodes text[begin, end).
Result<std::string> percent_decoded(std::string_view text, std::size_t begin, std::size_t end) {
    std::string decoded;
    for (std::size_t i = begin; i < end; ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 1 < end ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < end ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return bad(text, i,
                           "a % must be followed by two hex digits; write %25 for % itself");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (c == '\0') return bad(text, i, "a NUL byte has no place in a URL");
        decoded += c;
    }
    return decoded;
}

std::string percent_encoded(std::string_view text, std::string_view reserved) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_control(c) || c == ' ' || c == '%' || reserved.find(c) != std::string_view::npos) {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += digits[byte >> 4];
            encoded += digits[byte & 15];
        } else {
            encoded += c;
        }
    }
    return encoded;
}

Result<std::string> parse_scheme(std::string_view text, std::size_t end) {
    if (end == std::string_view::npos || end == 0)
        return bad(text, 0, "no scheme: begin with inproc://, unix:// or tcp://");
    for (std::size_t i = 0; i < end; ++i) {
        const char c = text[i];
        const bool is_later_character = i > 0 && (is_digit(c) || c == '+' || c == '.' || c == '-');
        if (!is_lower(c) && !is_later_character)
            return bad(text, i,
                       "a scheme is a lower-case letter, then lower-case letters, digits, + . -");
    }
    return std::string{text.substr(0, end)};
}

Result<void> parse_option(std::string_view text, std::size_t begin, std::size_t end, Url& url) {
    const std::size_t equals = text.substr(0, end).find('=', begin);
    if (equals == std::string_view::npos || equals == begin)
        return bad(text, begin, "an option is key=value; several are joined by &");
    MYCELIUM_TRY_ASSIGN(std::string key, percent_decoded(text, begin, equals));
    MYCELIUM_TRY_ASSIGN(std::string value, percent_decoded(text, equals + 1, end));
    if (!url.options.try_emplace(std::move(key), std::move(value)).second)
        return bad(text, begin, "this option is given twice: keep one");
    return {};
}

Result<void> parse_options(std::string_view text, std::size_t begin, Url& url) {
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('&', begin), text.size());
        MYCELIUM_TRY(parse_option(text, begin, end, url));
        begin = end + 1;
    }
    return {};
}

bool is_host_character(char c) noexcept {
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '.' || c == '-' || c == '_';
}

bool is_ipv6_character(char c) noexcept { return is_host_character(c) || c == ':' || c == '%'; }

/// Where the host ends: at the colon before the port. Brackets, if any, have been checked.
Result<std::size_t> end_of_host(std::string_view place) {
    if (place.starts_with('[')) {
        const std::size_t bracket = place.find(']');
        if (bracket == std::string_view::npos)
            return bad(place, place.size(), "the bracket of the IPv6 address is not closed");
        if (bracket + 1 >= place.size() || place[bracket + 1] != ':')
            return bad(place, bracket + 1,
                       "no port: write [address]:port, port 0 for any free one");
        return bracket + 1;
    }
    const std::size_t colon = place.find(':');
    if (colon == std::string_view::npos)
        return bad(place, place.size(), "no port: write host:port, port 0 for any free one");
    if (place.find(':', colon + 1) != std::string_view::npos)
        return bad(place, colon,
                   "more than one colon: write an IPv6 address in brackets, [::1]:80");
    return colon;
}

Result<void> check_host(std::string_view place, std::size_t begin, std::size_t end, bool is_ipv6) {
    if (begin == end)
        return bad(place, begin, "no host: write 0.0.0.0 or [::] to bind all addresses");
    for (std::size_t i = begin; i < end; ++i)
        if (!(is_ipv6 ? is_ipv6_character(place[i]) : is_host_character(place[i])))
            return bad(place, i, "this character cannot stand in a host");
    if (is_ipv6 && place.substr(begin, end - begin).find(':') == std::string_view::npos)
        return bad(place, begin, "brackets are for IPv6 addresses: write host:port without them");
    return {};
}

Result<std::uint16_t> parse_port(std::string_view place, std::size_t begin) {
    const std::string_view digits = place.substr(begin);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
        return bad(place, begin, "the port is a number from 0 to 65535");
    return port;
}

/// What a scheme of ours demands of its place; other schemes check theirs themselves.
Result<void> check_place(const Url& url) {
    if (url.scheme == "tcp" || url.scheme == "tls") {
        if (auto parsed = HostPort::parse(url.place); !parsed)
            return std::move(parsed).error().context("after " + url.scheme + "://");
    }
    return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > limits::url_bytes_max)
        return bad(
            text, limits::url_bytes_max,
            "longer than url_bytes_max, " + std::to_string(limits::url_bytes_max) + " bytes");
    const std::size_t scheme_end = text.find("://");
    Url url;
    MYCELIUM_TRY_ASSIGN(url.scheme, parse_scheme(text, scheme_end));
    const std::size_t begin = scheme_end + 3;
    const std::size_t end = std::min(text.find('?', begin), text.size());
    MYCELIUM_TRY_ASSIGN(url.place, percent_decoded(text, begin, end));
    if (url.place.empty() || (url.scheme == "unix" && url.place == "@"))
        return bad(text, begin, "nothing is named after " + url.scheme + "://");
    MYCELIUM_TRY(check_place(url));
    MYCELIUM_TRY(parse_options(text, end + 1, url));
    return url;
}

std::string Url::to_string() const {
    std::string text = scheme + "://" + percent_encoded(place, "?");
    char separator = '?';
    for (const auto& [key, value] : options) {
        text += separator;
        text += percent_encoded(key, "&=") + "=" + percent_encoded(value, "&");
        separator = '&';
    }
    return text;
}

std::optional<std::string_view> Url::option(std::string_view key) const noexcept {
    // Not find(): the map compares std::string only, and building one may throw.
    for (const auto& [name, value] : options)
        if (name == key) return std::string_view{value};
    return std::nullopt;
}

Result<HostPort> HostPort::parse(std::string_view place) {
    const bool is_ipv6 = place.starts_with('[');
    MYCELIUM_TRY_ASSIGN(const std::size_t colon, end_of_host(place));
    const std::size_t begin = is_ipv6 ? 1 : 0;
    const std::size_t end = is_ipv6 ? colon - 1 : colon;
    MYCELIUM_TRY(check_host(place, begin, end, is_ipv6));
    HostPort parsed;
    parsed.host = place.substr(begin, end - begin);
    MYCELIUM_TRY_ASSIGN(parsed.port, parse_port(place, colon + 1));
    return parsed;
}

}  // namespace mycelium
