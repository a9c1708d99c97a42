#include "host/transport/inproc.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "host/os/fd.h"
#include "host/transport/inproc_place.h"
#include "host/transport/url_options.h"

namespace mycelium::transport {

namespace {

/// The names of this process. It outlives `main`, because the process is its scope.
class Names {
public:
    Names(std::uint32_t generation, const Names* previous) noexcept
        : generation_(generation), previous_(previous) {}
    std::uint32_t generation() const noexcept { return generation_; }

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
    const std::uint32_t generation_;
    [[maybe_unused]] const Names* const previous_;  // what leak checkers find it by
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<InprocPlace>> places_;
};

/// A forked child has names of its own: behind its parent's nobody is left, and one of their locks
/// may have been held by a thread that it does not have.
Names& names() {
    static std::atomic<Names*> all{nullptr};
    const std::uint32_t generation = os::fork_generation();
    Names* known = all.load(std::memory_order_acquire);
    while (!known || known->generation() != generation) {
        auto fresh = std::make_unique<Names>(generation, known);
        if (all.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel))
            return *fresh.release();
    }
    return *known;
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
