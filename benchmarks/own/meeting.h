// Meeting: the URLs at which the two sides of a measurement find each other.
#pragma once

#include <string>
#include <string_view>

namespace mycelium::bench {

/// An empty directory for sockets, only this user's; removed with all that is in it. Throws
/// std::system_error.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

/// One place for one measurement, by the name of the transport.
class Meeting {
public:
    explicit Meeting(std::string_view scheme) : scheme_(scheme) {}
    /// To bind; for tcp the port says afterwards which one it got.
    std::string url(std::string_view name) const;
    bool is_within_process() const noexcept { return scheme_ == "inproc"; }

private:
    std::string scheme_;
    TemporaryDirectory directory_;
};

}  // namespace mycelium::bench
