#include <utility>

#include <mycelium/ext/stream.h>

#include "host/transport/framed_dialer.h"
#include "host/transport/framed_listener.h"
#include "host/transport/transport.h"
#include "host/transport/url_options.h"

namespace mycelium {

namespace {

class FramedTransport final : public Transport {
public:
    explicit FramedTransport(std::shared_ptr<StreamTransport> streams)
        : streams_(std::move(streams)), pool_(std::make_shared<memory::BlockPool>()) {}

    std::string_view scheme() const noexcept override { return streams_->scheme(); }
    Result<std::shared_ptr<transport::Endpoint>> bind(const Url& url,
                                                      transport::Surroundings around) override {
        MYCELIUM_TRY(transport::check_options(url, *streams_));
        return transport::FramedListener::create(streams_, url, std::move(around), pool_);
    }
    Result<std::shared_ptr<transport::Endpoint>> dial(
        const Url& url, transport::Surroundings around,
        std::shared_ptr<transport::LinkHost> host) override {
        MYCELIUM_TRY(transport::check_options(url, *streams_));
        return transport::FramedDialer::create(streams_, url, std::move(around), std::move(host),
                                               pool_);
    }

private:
    const std::shared_ptr<StreamTransport> streams_;
    const std::shared_ptr<memory::BlockPool> pool_;
};

}  // namespace

std::shared_ptr<Transport> framed(std::shared_ptr<StreamTransport> streams) {
    return std::make_shared<FramedTransport>(std::move(streams));
}

}  // namespace mycelium
