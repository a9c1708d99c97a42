#include "places.h"

#include <mycelium/url.h>

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

/// The base's URL for the port of that index.
Result<std::string> place(mycelium::Url url, const std::vector<std::string>& names,
                          std::size_t index) {
    if (url.scheme == "unix" || url.scheme == "shm") {
        url.place.append("/").append(names[index]);
        return url.to_string();
    }
    if (url.scheme != "tcp")
        return Error{Errc::invalid,
                     url.to_string() +
                         ": give --at unix:///folder, unix://@name, shm://name or tcp://host:port"};
    MYCELIUM_TRY_ASSIGN(const mycelium::HostPort base, mycelium::HostPort::parse(url.place));
    const std::size_t port = base.port + index;
    if (base.port == 0 || base.port + names.size() > 65536)
        return Error{Errc::invalid, url.to_string() + ": " + std::to_string(names.size()) +
                                        " ports are taken from this one on: give one from 1 to " +
                                        std::to_string(65536 - names.size())};
    url.place = url.place.substr(0, url.place.rfind(':') + 1) + std::to_string(port);
    return url.to_string();
}

}  // namespace

Result<std::vector<std::string>> places_under(std::string_view base,
                                              const std::vector<std::string>& names) {
    MYCELIUM_TRY_ASSIGN(const mycelium::Url url, mycelium::Url::parse(base));
    std::vector<std::string> places(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        MYCELIUM_TRY_ASSIGN(places[i], place(url, names, i));
    }
    return places;
}

}  // namespace trading
