// Places: the URLs at which the three services meet, all from one base.
#pragma once

#include <string>
#include <string_view>

#include <mycelium/result.h>

namespace trading {

struct Places {
    std::string trades;  ///< bound by the adapter, as the next two are
    std::string swaps;
    std::string watermarks;
    std::string signals;  ///< bound by the strategy, as the last one is
    std::string reports;

    /// unix:///folder and unix://@name: base/trades and so on. tcp://host:port: this port and the
    /// next four.
    static mycelium::Result<Places> under(std::string_view base);
};

}  // namespace trading
