#include "places.h"

#include <mycelium/url.h>
#include <array>

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

constexpr std::array<std::string_view, 5> names{"trades", "swaps", "watermarks", "signals",
                                                "reports"};

/// The base's URL for the port of that index.
Result<std::string> place(mycelium::Url url, std::size_t index) {
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
    if (base.port == 0 || port > 65535)
        return Error{
            Errc::invalid,
            url.to_string() + ": five ports are taken from this one on: give one from 1 to 65531"};
    url.place = url.place.substr(0, url.place.rfind(':') + 1) + std::to_string(port);
    return url.to_string();
}

}  // namespace

Result<Places> Places::under(std::string_view base) {
    MYCELIUM_TRY_ASSIGN(const mycelium::Url url, mycelium::Url::parse(base));
    Places places;
    const std::array<std::string*, names.size()> all{
        &places.trades, &places.swaps, &places.watermarks, &places.signals, &places.reports};
    for (std::size_t i = 0; i < all.size(); ++i) {
        MYCELIUM_TRY_ASSIGN(*all[i], place(url, i));
    }
    return places;
}

}  // namespace trading
