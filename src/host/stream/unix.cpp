#include "host/stream/unix.h"

#include <string>
#include <utility>

#include "host/os/peer.h"
#include "host/stream/descriptor_stream.h"
#include "host/stream/socket_stream.h"
#include "host/stream/unix_file.h"
#include "host/stream/unix_socket.h"

namespace mycelium {
namespace {

using stream::DescriptorStream;
using stream::SocketFile;

/// Strangers' descriptors would be kept until the link knows what to make of them: they are left
/// to the kernel.
void expect_descriptors_of_own_user(Stream& connected) {
    static_cast<DescriptorStream&>(connected).expect_descriptors(
        os::is_peer_own_user(connected.fd()));
}

Result<std::unique_ptr<Stream>> accept_from(int listener) {
    auto accepted = stream::accept_descriptor_stream(listener);
    if (accepted && *accepted) expect_descriptors_of_own_user(**accepted);
    return accepted;
}

bool is_abstract(const Url& url) { return url.place.starts_with('@'); }

class FileListener final : public Listener {
public:
    FileListener(SocketFile file, Url url) : file_(std::move(file)), url_(std::move(url)) {}
    int fd() const noexcept override { return file_.fd(); }
    const Url& url() const noexcept override { return url_; }
    Result<std::unique_ptr<Stream>> accept() noexcept override { return accept_from(fd()); }

private:
    SocketFile file_;
    Url url_;
};

class AbstractListener final : public Listener {
public:
    AbstractListener(os::Fd socket, Url url) : socket_(std::move(socket)), url_(std::move(url)) {}
    int fd() const noexcept override { return socket_.get(); }
    const Url& url() const noexcept override { return url_; }
    Result<std::unique_ptr<Stream>> accept() noexcept override { return accept_from(fd()); }

private:
    os::Fd socket_;
    Url url_;
};

class UnixStreams final : public StreamTransport {
public:
    std::string_view scheme() const noexcept override { return "unix"; }
    bool is_local() const noexcept override { return true; }

    Result<std::unique_ptr<Listener>> listen(const Url& url) override {
        if (is_abstract(url)) {
            MYCELIUM_TRY_ASSIGN(os::Fd socket,
                                stream::bind_abstract(url.place.substr(1), url.place));
            return std::unique_ptr<Listener>{
                std::make_unique<AbstractListener>(std::move(socket), url)};
        }
        MYCELIUM_TRY_ASSIGN(SocketFile file, SocketFile::bind(url.place));
        return std::unique_ptr<Listener>{std::make_unique<FileListener>(std::move(file), url)};
    }

    Result<std::unique_ptr<Stream>> dial(const Url& url) override {
        auto socket = is_abstract(url) ? stream::connect_abstract(url.place.substr(1), url.place)
                                       : stream::connect_file(url.place);
        if (!socket) return std::move(socket).error();
        return std::unique_ptr<Stream>{std::make_unique<DescriptorStream>(*std::move(socket))};
    }

    Result<void> ready(Stream& stream) override {
        MYCELIUM_TRY(stream::check_connected(stream));
        expect_descriptors_of_own_user(stream);
        return {};
    }
};

}  // namespace

std::shared_ptr<StreamTransport> unix_streams() { return std::make_shared<UnixStreams>(); }

}  // namespace mycelium
