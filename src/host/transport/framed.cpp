// The transports made of byte streams: of anybody's, and the one whose messages pass through shared
// memory.
#include <utility>

#include <mycelium/ext/stream.h>

#include "host/stream/shm.h"
#include "host/transport/framed_link.h"
#include "host/transport/shm.h"
#include "host/transport/shm_link.h"
#include "host/transport/stream_dialer.h"
#include "host/transport/stream_listener.h"
#include "host/transport/transport.h"
#include "host/transport/url_options.h"

namespace mycelium {

namespace {

template <class Made>
std::shared_ptr<transport::Link> make(std::unique_ptr<Stream> stream,
                                      transport::Introduction introduction,
                                      std::shared_ptr<transport::LinkHost> host,
                                      std::weak_ptr<transport::LinkMaker> maker,
                                      std::shared_ptr<memory::BlockPool> pool) {
    return std::make_shared<Made>(std::move(stream), std::move(introduction), std::move(host),
                                  std::move(maker), std::move(pool));
}

class LinkedStreams final : public Transport {
public:
    LinkedStreams(std::shared_ptr<StreamTransport> streams, transport::LinkKind kind)
        : streams_(std::move(streams)), kind_(kind), pool_(std::make_shared<memory::BlockPool>()) {}

    std::string_view scheme() const noexcept override { return streams_->scheme(); }
    Result<std::shared_ptr<transport::Endpoint>> bind(const Url& url,
                                                      transport::Surroundings around) override {
        MYCELIUM_TRY(transport::check_options(url, *streams_));
        return transport::StreamListener::create(streams_, kind_, url, std::move(around), pool_);
    }
    Result<std::shared_ptr<transport::Endpoint>> dial(
        const Url& url, transport::Surroundings around,
        std::shared_ptr<transport::LinkHost> host) override {
        MYCELIUM_TRY(transport::check_options(url, *streams_));
        return transport::StreamDialer::create(streams_, kind_, url, std::move(around),
                                               std::move(host), pool_);
    }

private:
    const std::shared_ptr<StreamTransport> streams_;
    const transport::LinkKind kind_;
    const std::shared_ptr<memory::BlockPool> pool_;
};

}  // namespace

std::shared_ptr<Transport> framed(std::shared_ptr<StreamTransport> streams) {
    return std::make_shared<LinkedStreams>(
        std::move(streams),
        transport::LinkKind{.make = &make<transport::FramedLink>, .takes_plain = true});
}

std::shared_ptr<Transport> transport::shm() {
    return std::make_shared<LinkedStreams>(shm_streams(),
                                           LinkKind{.make = &make<ShmLink>, .takes_plain = false});
}

}  // namespace mycelium
