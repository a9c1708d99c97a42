#include "host/stream/unix.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "host/os/thread.h"
#include "host/stream/socket_stream.h"
#include "host/stream/unix_testing.h"

namespace mycelium {
namespace {

using namespace testing_unix;

TEST_F(UnixStreams, bytes_come_through_in_order_both_ways) {
    const auto listener = streams->listen(url_of(path)).value();
    const auto caller = streams->dial(url_of(path)).value();
    ASSERT_TRUE(becomes_ready(caller->fd(), true));
    ASSERT_TRUE(streams->ready(*caller));
    const auto callee = accept_one(*listener);
    ASSERT_TRUE(callee);
    EXPECT_EQ(write_text(*caller, "question").count, 8U);
    EXPECT_EQ(read_text(*callee, 8), "question");
    EXPECT_EQ(write_text(*callee, "answer").count, 6U);
    EXPECT_EQ(read_text(*caller, 6), "answer");
}

TEST_F(UnixStreams, it_is_local_and_unchecked) {
    EXPECT_EQ(streams->scheme(), "unix");
    EXPECT_TRUE(streams->is_local());
    EXPECT_FALSE(streams->is_checked());
}

TEST_F(UnixStreams, nobody_waiting_is_null_and_nothing_to_read_would_block) {
    const auto listener = streams->listen(url_of(path)).value();
    EXPECT_EQ(listener->accept().value(), nullptr);
    const auto caller = streams->dial(url_of(path)).value();
    std::array<std::byte, 4> room{};
    EXPECT_EQ(caller->read(room).kind, Io::Kind::would_block);
    EXPECT_EQ(caller->read({}).kind, Io::Kind::done);
    EXPECT_EQ(caller->write({}).kind, Io::Kind::done);
}

TEST_F(UnixStreams, a_write_takes_any_number_of_parts_empty_ones_too) {
    const auto listener = streams->listen(url_of(path)).value();
    const auto caller = streams->dial(url_of(path)).value();
    const auto callee = accept_one(*listener);
    std::string text;
    for (int index = 0; index < 3000; ++index) text += static_cast<char>('a' + index % 26);
    std::vector<std::span<const std::byte>> parts;
    for (std::size_t index = 0; index < text.size(); ++index) {
        parts.push_back(bytes(text).subspan(index, 1));
        parts.emplace_back();
    }
    const Io io = caller->write(parts);
    ASSERT_EQ(io.kind, Io::Kind::done);
    EXPECT_EQ(read_text(*callee, io.count), text.substr(0, io.count));
    EXPECT_GT(io.count, 2000U);
}

TEST_F(UnixStreams, a_full_connection_takes_a_part_then_would_block_and_continues_when_read) {
    const auto listener = streams->listen(url_of(path)).value();
    const auto caller = streams->dial(url_of(path)).value();
    const auto callee = accept_one(*listener);
    const std::string block(std::size_t{8} << 20, 'x');
    std::size_t sent = 0;
    Io io = write_text(*caller, block);
    while (io.kind == Io::Kind::done) {
        sent += io.count;
        io = write_text(*caller, block);
    }
    EXPECT_EQ(io.kind, Io::Kind::would_block);
    EXPECT_GT(sent, 0U);
    EXPECT_LT(sent, block.size());
    EXPECT_EQ(read_text(*callee, sent).size(), sent);
    EXPECT_TRUE(becomes_ready(caller->fd(), true));
    EXPECT_EQ(write_text(*caller, "more").count, 4U);
}

TEST_F(UnixStreams, the_end_of_a_peer_is_the_end_of_reading_and_breaks_writing_without_a_signal) {
    const auto listener = streams->listen(url_of(path)).value();
    const auto caller = streams->dial(url_of(path)).value();
    auto callee = accept_one(*listener);
    callee.reset();
    std::array<std::byte, 4> room{};
    EXPECT_EQ(caller->read(room).kind, Io::Kind::end);
    const Io io = write_text(*caller, "x");
    EXPECT_EQ(io.kind, Io::Kind::broken);
    EXPECT_EQ(io.error, EPIPE);
}

TEST_F(UnixStreams, shutdown_from_another_thread_wakes_the_reader) {
    const auto listener = streams->listen(url_of(path)).value();
    const auto caller = streams->dial(url_of(path)).value();
    const auto callee = accept_one(*listener);
    os::Thread ender = os::Thread::start("ender", [&] { caller->shutdown(); }).value();
    EXPECT_TRUE(becomes_ready(caller->fd()));
    ender.join();
    std::array<std::byte, 4> room{};
    EXPECT_EQ(caller->read(room).kind, Io::Kind::end);
    EXPECT_EQ(callee->read(room).kind, Io::Kind::end);
}

TEST_F(UnixStreams, nobody_there_is_unavailable) {
    const auto refused = streams->dial(url_of(path));
    EXPECT_EQ(refused.error(), Errc::unavailable);
    EXPECT_EQ(refused.error().detail(), ENOENT);
    EXPECT_EQ(streams->dial(url_of("@" + path.string())).error().detail(), ECONNREFUSED);
}

TEST_F(UnixStreams, a_full_backlog_is_unavailable_and_a_full_owner_is_still_an_owner) {
    const auto address = os::Address::path(path.string()).value();
    const os::Fd socket = os::open_stream_socket(address).value();
    ASSERT_EQ(os::bind_socket(socket.get(), address), 0);
    ASSERT_EQ(::listen(socket.get(), 0), 0);
    std::vector<std::unique_ptr<Stream>> callers;
    auto dialled = streams->dial(url_of(path));
    for (; dialled && callers.size() < 100; dialled = streams->dial(url_of(path))) {
        callers.push_back(*std::move(dialled));
    }
    ASSERT_FALSE(dialled);
    EXPECT_EQ(dialled.error(), Errc::unavailable);
    EXPECT_EQ(dialled.error().detail(), EAGAIN);
    EXPECT_EQ(streams->listen(url_of(path)).error(), Errc::unavailable);
}

TEST_F(UnixStreams, an_abstract_name_leaves_no_file_and_refuses_a_second_owner) {
    const std::string place = "@" + path.string();
    auto listener = streams->listen(url_of(place)).value();
    EXPECT_EQ(files_in_folder(), 0U);
    const auto caller = streams->dial(url_of(place)).value();
    EXPECT_TRUE(streams->ready(*caller));
    EXPECT_TRUE(accept_one(*listener));
    const auto refused = streams->listen(url_of(place));
    EXPECT_EQ(refused.error(), Errc::unavailable);
    EXPECT_NE(refused.error().message().find("pid " + std::to_string(::getpid())),
              std::string::npos);
    listener.reset();
    EXPECT_TRUE(streams->listen(url_of(place)).ok());
    EXPECT_EQ(streams->listen(url_of("@" + std::string(108, 'n'))).error(), Errc::invalid);
    EXPECT_EQ(streams->listen(url_of("@")).error(), Errc::invalid);
}

// The answer of peer() about a forked child that dials, with and without SO_PEERPIDFD.
class UnixPeers : public UnixStreams, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(with_and_without_peer_pidfd, UnixPeers, testing::Bool());

TEST_P(UnixPeers, pid_uid_and_a_pidfd_that_tells_the_peers_end) {
    const auto address = os::Address::path(path.string()).value();
    const os::Fd listening = os::open_stream_socket(address).value();
    ASSERT_EQ(os::bind_socket(listening.get(), address), 0);
    ASSERT_EQ(os::listen_on(listening.get()), 0);
    std::array<int, 2> hold{};
    ASSERT_EQ(::pipe(hold.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(hold[1]);
        const auto caller = unix_streams()->dial(url_of(path));
        char byte = 0;
        ::_exit(caller.ok() && ::read(hold[0], &byte, 1) == 0 ? 0 : 1);
    }
    ASSERT_TRUE(becomes_ready(listening.get()));
    stream::SocketStream callee{os::accept_from(listening.get()).fd,
                                stream::SocketStream::Place::this_machine,
                                {.has_peer_pidfd = GetParam()}};
    const PeerIdentity peer = callee.peer();
    const os::Fd pidfd = os::Fd::adopt(peer.pidfd);
    EXPECT_EQ(peer.pid, child);
    EXPECT_EQ(peer.uid, ::geteuid());
    ASSERT_TRUE(pidfd);
    std::array polled{os::Polled{.fd = pidfd.get()}};
    EXPECT_EQ(os::poll(polled, os::now()).value(), 0);
    ::close(hold[1]);
    EXPECT_TRUE(becomes_ready(pidfd.get()));
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    ::close(hold[0]);
    // Its number may be another's by now: no pidfd is better than a stranger's.
    const PeerIdentity gone = callee.peer();
    EXPECT_EQ(gone.pidfd >= 0 && !GetParam(), false);
    if (gone.pidfd >= 0) ::close(gone.pidfd);
}

TEST_F(UnixStreams, without_peer_pidfd_a_number_is_not_believed_after_the_hang_up) {
    const auto listener = streams->listen(url_of(path)).value();
    auto caller = streams->dial(url_of(path)).value();
    ASSERT_TRUE(becomes_ready(listener->fd()));
    const stream::SocketStream callee{os::accept_from(listener->fd()).fd,
                                      stream::SocketStream::Place::this_machine,
                                      {.has_peer_pidfd = false}};
    const os::Fd alive = os::Fd::adopt(callee.peer().pidfd);
    EXPECT_TRUE(alive);
    caller.reset();  // for all that the kernel tells, its process may have ended
    const os::Fd doubtful = os::Fd::adopt(callee.peer().pidfd);
    EXPECT_FALSE(doubtful);
    EXPECT_EQ(callee.peer().pid, ::getpid());
}

TEST_F(UnixStreams, without_free_descriptors_accepting_and_dialling_are_overloaded_and_recover) {
    const auto listener = streams->listen(url_of(path)).value();
    EXPECT_FALSE(listener->accept().value());
    const auto caller = streams->dial(url_of(path)).value();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto accepted = listener->accept();
    const auto dialled = streams->dial(url_of(path));
    const auto bound = streams->listen(url_of(folder / "other.sock"));
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(accepted.error(), Errc::overloaded);
    EXPECT_EQ(accepted.error().detail(), EMFILE);
    EXPECT_EQ(dialled.error(), Errc::overloaded);
    EXPECT_EQ(bound.error(), Errc::overloaded);
    EXPECT_TRUE(accept_one(*listener));
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
}

TEST_F(UnixStreams, a_forked_child_touches_neither_file_nor_connection) {
    auto listener = streams->listen(url_of(path)).value();
    auto caller = streams->dial(url_of(path)).value();
    const auto callee = accept_one(*listener);
    const pid_t child = ::fork();
    if (child == 0) {
        bool holds = listener->accept().error() == Errc::closed;
        holds = holds && caller->fd() == -1 && write_text(*caller, "x").kind == Io::Kind::broken;
        caller->shutdown();
        caller.reset();
        listener.reset();
        ::_exit(holds ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(fs::exists(path));
    EXPECT_EQ(write_text(*caller, "alive").count, 5U);
    EXPECT_EQ(read_text(*callee, 5), "alive");
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
}

}  // namespace
}  // namespace mycelium
