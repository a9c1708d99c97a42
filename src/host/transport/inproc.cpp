#include "host/transport/inproc.h"

#include <map>
#include <mutex>
#include <utility>

#include "host/transport/inproc_place.h"
#include "host/transport/url_options.h"

namespace mycelium::transport {

namespace {

/// The names of this process. The one object that outlives `main`, because the process is its
/// scope.
class Names {
public:
    std::shared_ptr<InprocPlace> at(const Url& url) {
        std::lock_guard guard{mutex_};
        std::erase_if(places_, [](const auto& named) {
            return named.second.use_count() == 1 && named.second->is_empty();
        });
        auto& place = places_[url.place];
        if (!place) place = std::make_shared<InprocPlace>(url.to_string());
        return place;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<InprocPlace>> places_;
};

Names& names() {
    static Names& all = *new Names;
    return all;
}

class InprocEndpoint final : public Endpoint {
public:
    InprocEndpoint(const Url& url, Surroundings around, std::shared_ptr<InprocPlace> place,
                   bool is_binding)
        : url_(url),
          around_(std::move(around)),
          place_(std::move(place)),
          is_binding_(is_binding) {}

    const Url& url() const noexcept override { return url_; }
    void add(std::shared_ptr<LinkHost> host) override {
        if (!is_binding_) dialer_ = host;
        place_->add(std::move(host), around_, is_binding_);
    }
    void remove(const LinkHost& host) override { place_->remove(host); }
    void close() override {
        if (is_binding_)
            place_->unbind();
        else if (dialer_)
            place_->remove(*dialer_);
        dialer_.reset();
    }

private:
    const Url url_;
    const Surroundings around_;
    const std::shared_ptr<InprocPlace> place_;
    const bool is_binding_;
    std::shared_ptr<LinkHost> dialer_;
};

class InprocTransport final : public Transport {
public:
    std::string_view scheme() const noexcept override { return "inproc"; }
    Result<std::shared_ptr<Endpoint>> bind(const Url& url, Surroundings around) override {
        MYCELIUM_TRY(check_no_options(url));
        auto place = names().at(url);
        MYCELIUM_TRY(place->bind(around));
        return std::shared_ptr<Endpoint>{
            std::make_shared<InprocEndpoint>(url, std::move(around), std::move(place), true)};
    }
    Result<std::shared_ptr<Endpoint>> dial(const Url& url, Surroundings around,
                                           std::shared_ptr<LinkHost> host) override {
        MYCELIUM_TRY(check_no_options(url));
        auto endpoint =
            std::make_shared<InprocEndpoint>(url, std::move(around), names().at(url), false);
        endpoint->add(std::move(host));
        return std::shared_ptr<Endpoint>{std::move(endpoint)};
    }
};

}  // namespace

std::shared_ptr<Transport> inproc() { return std::make_shared<InprocTransport>(); }

}  // namespace mycelium::transport
