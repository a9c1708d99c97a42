// Unix sockets whose streams a test has wrapped: to lose, to slow down, or to hide what they can.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <mycelium/ext/stream.h>

#include "host/stream/unix.h"

namespace mycelium::testing_fabric {

/// Bytes in order, and no more: what is not of a Stream, as the passing of descriptors, is hidden.
/// What a test does to them it overrides.
class WrappedStream : public Stream {
public:
    explicit WrappedStream(std::unique_ptr<Stream> inner) : inner_(std::move(inner)) {}

    Io read(std::span<std::byte> into) noexcept override { return inner_->read(into); }
    Io write(std::span<const std::span<const std::byte>> parts) noexcept override {
        return inner_->write(parts);
    }
    int fd() const noexcept override { return inner_->fd(); }
    PeerIdentity peer() const noexcept override { return inner_->peer(); }
    void shutdown() noexcept override { inner_->shutdown(); }

private:
    const std::unique_ptr<Stream> inner_;
};

using Wrap = std::function<std::unique_ptr<Stream>(std::unique_ptr<Stream>)>;

class WrappingListener final : public Listener {
public:
    WrappingListener(std::unique_ptr<Listener> inner, Wrap wrap)
        : inner_(std::move(inner)), wrap_(std::move(wrap)) {}
    int fd() const noexcept override { return inner_->fd(); }
    const Url& url() const noexcept override { return inner_->url(); }
    Result<std::unique_ptr<Stream>> accept() noexcept override {
        auto accepted = inner_->accept();
        if (!accepted || !*accepted) return accepted;
        return wrap_(*std::move(accepted));
    }

private:
    const std::unique_ptr<Listener> inner_;
    const Wrap wrap_;
};

class WrappingStreams final : public StreamTransport {
public:
    explicit WrappingStreams(Wrap wrap) : wrap_(std::move(wrap)) {}
    std::string_view scheme() const noexcept override { return inner_->scheme(); }
    Result<std::unique_ptr<Listener>> listen(const Url& url) override {
        auto listener = inner_->listen(url);
        if (!listener) return std::move(listener).error();
        return std::unique_ptr<Listener>{
            std::make_unique<WrappingListener>(*std::move(listener), wrap_)};
    }
    Result<std::unique_ptr<Stream>> dial(const Url& url) override { return inner_->dial(url); }
    Result<void> ready(Stream& stream) override { return inner_->ready(stream); }
    bool is_local() const noexcept override { return inner_->is_local(); }

private:
    const std::shared_ptr<StreamTransport> inner_ = unix_streams();
    const Wrap wrap_;
};

/// For a node's options. Whoever binds gets each stream as a `T`, made of it and of `arguments`;
/// whoever dials gets it as it is.
template <class T, class... Arguments>
std::shared_ptr<Transport> unix_wrapped_in(const Arguments&... arguments) {
    return framed(std::make_shared<WrappingStreams>([arguments...](std::unique_ptr<Stream> inner) {
        return std::make_unique<T>(std::move(inner), arguments...);
    }));
}

}  // namespace mycelium::testing_fabric
