#include "host/stream/tcp.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <string>

#include "host/os/clock.h"
#include "host/os/fd.h"
#include "host/os/poll.h"
#include "host/os/socket.h"
#include "host/stream/socket_stream.h"

namespace mycelium {
namespace {

Url url_of(std::string place) {
    return {.scheme = "tcp", .place = std::move(place), .options = {}};
}

bool becomes_ready(int fd, bool for_writing = false) {
    std::array polled{os::Polled{.fd = fd, .for_writing = for_writing}};
    return os::poll(polled, after(std::chrono::seconds{60})).value() == 1;
}

class TcpStreams : public testing::Test {
protected:
    std::shared_ptr<StreamTransport> streams = tcp_streams();

    std::unique_ptr<Stream> connected_to(const Url& url) {
        auto caller = streams->dial(url).value();
        EXPECT_TRUE(becomes_ready(caller->fd(), true));
        const auto ready = streams->ready(*caller);
        EXPECT_TRUE(ready) << ready.error().to_string();
        return caller;
    }
};

int option_of(int socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket, level, name, &value, &size);
    return value;
}

void say_hello(Stream& from, Stream& to) {
    const std::string_view text = "hello";
    const std::array parts{std::as_bytes(std::span{text})};
    EXPECT_EQ(from.write(parts).count, 5U);
    ASSERT_TRUE(becomes_ready(to.fd()));
    std::array<std::byte, 8> room{};
    EXPECT_EQ(to.read(room).count, 5U);
}

TEST_F(TcpStreams, port_zero_takes_a_free_port_and_the_url_tells_it) {
    const auto listener = streams->listen(url_of("127.0.0.1:0")).value();
    const Url url = listener->url();
    EXPECT_NE(HostPort::parse(url.place).value().port, 0);
    EXPECT_EQ(HostPort::parse(url.place).value().host, "127.0.0.1");
    const auto caller = connected_to(url);
    ASSERT_TRUE(becomes_ready(listener->fd()));
    const auto callee = listener->accept().value();
    ASSERT_TRUE(callee);
    EXPECT_EQ(listener->accept().value(), nullptr);
    say_hello(*caller, *callee);
    say_hello(*callee, *caller);
    EXPECT_FALSE(callee->peer().pid);
    EXPECT_EQ(callee->peer().pidfd, -1);
}

TEST_F(TcpStreams, it_is_checked_and_not_local) {
    EXPECT_EQ(streams->scheme(), "tcp");
    EXPECT_FALSE(streams->is_local());
    EXPECT_TRUE(streams->is_checked());
}

TEST_F(TcpStreams, both_ends_send_at_once_and_notice_a_cut_cable) {
    const auto listener = streams->listen(url_of("127.0.0.1:0")).value();
    const auto caller = connected_to(listener->url());
    ASSERT_TRUE(becomes_ready(listener->fd()));
    const auto callee = listener->accept().value();
    for (const Stream* stream : {caller.get(), callee.get()}) {
        EXPECT_EQ(option_of(stream->fd(), IPPROTO_TCP, TCP_NODELAY), 1);
        EXPECT_EQ(option_of(stream->fd(), SOL_SOCKET, SO_KEEPALIVE), 1);
        EXPECT_EQ(option_of(stream->fd(), IPPROTO_TCP, TCP_KEEPIDLE), 10);
        EXPECT_EQ(option_of(stream->fd(), IPPROTO_TCP, TCP_KEEPINTVL), 3);
        EXPECT_EQ(option_of(stream->fd(), IPPROTO_TCP, TCP_KEEPCNT), 3);
        EXPECT_EQ(option_of(stream->fd(), IPPROTO_TCP, TCP_USER_TIMEOUT), 20'000);
    }
}

TEST_F(TcpStreams, within_a_machine_what_was_sent_does_not_pile_up_in_a_large_buffer) {
    const auto listener = streams->listen(url_of("127.0.0.1:0")).value();
    const auto caller = connected_to(listener->url());
    ASSERT_TRUE(becomes_ready(listener->fd()));
    const auto callee = listener->accept().value();
    for (const Stream* stream : {caller.get(), callee.get()})
        EXPECT_EQ(option_of(stream->fd(), SOL_SOCKET, SO_SNDBUF), 2 * 128 * 1024);
}

TEST_F(TcpStreams, ipv6_in_brackets) {
    const auto listener = streams->listen(url_of("[::1]:0"));
    if (!listener) GTEST_SKIP() << "this machine has no IPv6: " << listener.error().to_string();
    EXPECT_TRUE((*listener)->url().place.starts_with("[::1]:"));
    const auto caller = connected_to((*listener)->url());
    ASSERT_TRUE(becomes_ready((*listener)->fd()));
    const auto callee = (*listener)->accept().value();
    say_hello(*caller, *callee);
}

TEST_F(TcpStreams, localhost_means_the_same_on_both_sides) {
    const auto listener = streams->listen(url_of("localhost:0")).value();
    EXPECT_TRUE(listener->url().place.starts_with("localhost:"));
    connected_to(listener->url());
}

TEST_F(TcpStreams, nobody_there_is_unavailable_at_once_or_when_ready_is_asked) {
    Url url;
    {
        const auto listener = streams->listen(url_of("127.0.0.1:0")).value();
        url = listener->url();
    }
    const auto caller = streams->dial(url);
    if (!caller) {
        EXPECT_EQ(caller.error(), Errc::unavailable);
        return;
    }
    ASSERT_TRUE(becomes_ready((*caller)->fd(), true));
    const auto ready = streams->ready(**caller);
    EXPECT_EQ(ready.error(), Errc::unavailable);
    EXPECT_EQ(ready.error().detail(), ECONNREFUSED);
}

TEST_F(TcpStreams, a_port_in_use_names_its_owner) {
    const auto listener = streams->listen(url_of("127.0.0.1:0")).value();
    const auto refused = streams->listen(listener->url());
    EXPECT_EQ(refused.error(), Errc::unavailable);
    EXPECT_EQ(refused.error().detail(), EADDRINUSE);
    EXPECT_NE(refused.error().message().find("pid " + std::to_string(::getpid())),
              std::string::npos)
        << refused.error().message();
}

TEST_F(TcpStreams, a_port_is_free_again_although_its_connections_linger) {
    auto listener = streams->listen(url_of("127.0.0.1:0")).value();
    const Url url = listener->url();
    auto caller = connected_to(url);
    ASSERT_TRUE(becomes_ready(listener->fd()));
    auto callee = listener->accept().value();
    callee.reset();  // closes first: its side waits in TIME_WAIT
    std::array<std::byte, 1> room{};
    ASSERT_TRUE(becomes_ready(caller->fd()));
    EXPECT_EQ(caller->read(room).kind, Io::Kind::end);
    caller.reset();
    listener.reset();
    const auto again = streams->listen(url);
    EXPECT_TRUE(again) << again.error().to_string();
}

TEST_F(TcpStreams, an_address_of_another_machine_is_refused) {
    const auto refused = streams->listen(url_of("192.0.2.1:0"));
    EXPECT_EQ(refused.error(), Errc::invalid);
    EXPECT_NE(refused.error().message().find("no address of this machine"), std::string::npos);
}

TEST_F(TcpStreams, port_zero_cannot_be_dialled) {
    EXPECT_EQ(streams->dial(url_of("127.0.0.1:0")).error(), Errc::invalid);
    EXPECT_EQ(streams->dial(url_of("no port")).error(), Errc::invalid);
    EXPECT_EQ(streams->listen(url_of("no port")).error(), Errc::invalid);
}

TEST_F(TcpStreams, a_call_that_met_itself_is_refused) {
    const auto anywhere = *os::Address::numeric("127.0.0.1", 0);
    os::Fd socket = os::open_stream_socket(anywhere).value();
    ASSERT_EQ(os::bind_socket(socket.get(), anywhere), 0);
    const auto own = *os::Address::of(socket.get());
    const int error = os::connect_socket(socket.get(), own);
    ASSERT_TRUE(error == 0 || error == EINPROGRESS);
    stream::SocketStream stream{std::move(socket), stream::SocketStream::Place::any_machine};
    ASSERT_TRUE(becomes_ready(stream.fd(), true));
    const auto ready = streams->ready(stream);
    EXPECT_EQ(ready.error(), Errc::unavailable);
    EXPECT_NE(ready.error().message().find("met itself"), std::string::npos);
}

TEST_F(TcpStreams, without_free_descriptors_accepting_is_overloaded_and_recovers) {
    const auto listener = streams->listen(url_of("127.0.0.1:0")).value();
    const auto caller = connected_to(listener->url());
    ASSERT_TRUE(becomes_ready(listener->fd()));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto refused = listener->accept();
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(refused.error(), Errc::overloaded);
    EXPECT_EQ(refused.error().detail(), EMFILE);
    EXPECT_TRUE(listener->accept().value());
}

TEST_F(TcpStreams, a_reset_connection_is_broken) {
    const auto listener = streams->listen(url_of("127.0.0.1:0")).value();
    auto caller = connected_to(listener->url());
    ASSERT_TRUE(becomes_ready(listener->fd()));
    const auto callee = listener->accept().value();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ASSERT_EQ(::setsockopt(caller->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    caller.reset();
    ASSERT_TRUE(becomes_ready(callee->fd()));
    std::array<std::byte, 4> room{};
    const Io io = callee->read(room);
    EXPECT_EQ(io.kind, Io::Kind::broken);
    EXPECT_EQ(io.error, ECONNRESET);
}

}  // namespace
}  // namespace mycelium
