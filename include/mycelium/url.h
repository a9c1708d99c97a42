// URLs that name where ports meet: scheme, place, options.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <mycelium/result.h>

namespace mycelium {

/// A parsed URL; a value.
///   inproc://name      any characters but ?; may contain '/'
///   unix:///run/a.sock an absolute path; unix://a.sock: in the working directory
///   unix://@name       a Linux abstract socket
///   tcp://host:port    host: IPv4, name, or [IPv6]; port 0..65535
///   other://anything   a transport of your own; `place` is handed to it as it stands
/// Options follow '?': key=value joined by '&', percent-encoded.
struct Url {
    std::string scheme;
    std::string place;  ///< what stands between "://" and '?', percent-decoded
    std::map<std::string, std::string> options;

    /// Refuses with position and remedy: no scheme, empty place, a bad port, a broken escape, more
    /// than `url_bytes_max` bytes, an option twice.
    static Result<Url> parse(std::string_view text);
    std::string to_string() const;
    /// The option's value, or none.
    std::optional<std::string_view> option(std::string_view key) const noexcept;

    friend bool operator==(const Url&, const Url&) = default;
};

/// The place of a tcp-like URL: host without brackets, port as a number.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
    static Result<HostPort> parse(std::string_view place);
};

}  // namespace mycelium
