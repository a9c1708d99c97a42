#include "host/stream/unix.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "host/os/clock.h"
#include "host/os/fd.h"
#include "host/os/poll.h"
#include "host/os/socket.h"
#include "host/os/thread.h"
#include "host/stream/socket_stream.h"

namespace mycelium {
namespace {

namespace fs = std::filesystem;

Url url_of(std::string place) {
    return {.scheme = "unix", .place = std::move(place), .options = {}};
}

bool becomes_ready(int fd, bool for_writing = false) {
    std::array polled{os::Polled{.fd = fd, .for_writing = for_writing}};
    return os::poll(polled, after(std::chrono::seconds{60})).value() == 1;
}

std::unique_ptr<Stream> accept_one(Listener& listener) {
    if (!becomes_ready(listener.fd())) return nullptr;
    return listener.accept().value();
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

Io write_text(Stream& stream, std::string_view text) {
    const std::array parts{bytes(text)};
    return stream.write(parts);
}

std::string read_text(Stream& stream, std::size_t size) {
    std::string text(size, '\0');
    std::size_t count = 0;
    while (count < size && becomes_ready(stream.fd())) {
        const Io io = stream.read(std::as_writable_bytes(std::span{text}).subspan(count));
        if (io.kind != Io::Kind::done) break;
        count += io.count;
    }
    text.resize(count);
    return text;
}

class UnixStreams : public testing::Test {
protected:
    UnixStreams() {
        std::string pattern = fs::temp_directory_path() / "mycelium-test-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        path = folder / "here.sock";
    }
    ~UnixStreams() override {
        std::error_code ignored;
        fs::permissions(folder, fs::perms::owner_all, ignored);
        fs::remove_all(folder, ignored);
    }

    std::size_t files_in_folder() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder}, {}));
    }
    // What a killed program leaves: a file whose socket is closed.
    void leave_stale(const fs::path& place) const {
        const auto address = os::Address::path(place.string()).value();
        const os::Fd socket = os::open_stream_socket(address).value();
        ASSERT_EQ(os::bind_socket(socket.get(), address), 0);
        ASSERT_EQ(os::listen_on(socket.get()), 0);
    }

    fs::path folder;
    fs::path path;
    std::shared_ptr<StreamTransport> streams = unix_streams();
};

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

TEST_F(UnixStreams, the_file_is_for_its_owner_only_and_goes_with_the_listener) {
    auto listener = streams->listen(url_of(path)).value();
    struct stat facts {};
    ASSERT_EQ(::lstat(path.c_str(), &facts), 0);
    EXPECT_TRUE(S_ISSOCK(facts.st_mode));
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(listener->url(), url_of(path));
    EXPECT_EQ(files_in_folder(), 1U);
    listener.reset();
    EXPECT_EQ(files_in_folder(), 0U);
}

TEST_F(UnixStreams, a_relative_path_is_relative_to_the_working_directory_at_the_time) {
    const fs::path before = fs::current_path();
    fs::current_path(folder);
    auto listener = streams->listen(url_of("here.sock")).value();
    EXPECT_TRUE(streams->dial(url_of("here.sock")).ok());
    fs::current_path(before);
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
    listener.reset();
    EXPECT_EQ(files_in_folder(), 0U);
}

TEST_F(UnixStreams, a_stale_file_is_taken_over) {
    leave_stale(path);
    EXPECT_EQ(streams->dial(url_of(path)).error(), Errc::unavailable);
    const auto listener = streams->listen(url_of(path));
    ASSERT_TRUE(listener) << listener.error().to_string();
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
    EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(UnixStreams, what_a_crash_between_bind_and_rename_left_is_cleared_away) {
    leave_stale(folder / (".mycelium-binding-" + std::to_string(::geteuid())));
    const auto listener = streams->listen(url_of(path));
    ASSERT_TRUE(listener) << listener.error().to_string();
    EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(UnixStreams, a_live_owner_is_named_by_pid_and_keeps_its_place) {
    std::array<int, 2> ready{};
    std::array<int, 2> done{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    ASSERT_EQ(::pipe(done.data()), 0);
    const pid_t owner = ::fork();
    if (owner == 0) {
        ::close(done[1]);
        const auto listener = streams->listen(url_of(path));
        char byte = listener.ok() ? 'y' : 'n';
        if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
        if (::read(done[0], &byte, 1) != 0) ::_exit(1);  // until the parent closes its end
        ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    const auto refused = streams->listen(url_of(path));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), Errc::unavailable);
    EXPECT_EQ(refused.error().detail(), EADDRINUSE);
    EXPECT_NE(refused.error().message().find("pid " + std::to_string(owner) + " ("),
              std::string::npos)
        << refused.error().message();
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
    for (const int fd : {done[0], done[1], ready[0], ready[1]}) ::close(fd);
    int status = -1;
    ::waitpid(owner, &status, 0);
    EXPECT_EQ(status, 0);
    // It left without unbinding: its file is stale now.
    EXPECT_TRUE(streams->listen(url_of(path)).ok());
}

TEST_F(UnixStreams, of_many_who_bind_at_once_exactly_one_wins_also_over_a_stale_file) {
    constexpr int binders = 200;
    leave_stale(path);
    std::atomic<int> waiting{binders};
    std::vector<std::unique_ptr<Listener>> winners(binders);
    std::vector<std::optional<Error>> errors(binders);
    std::vector<os::Thread> threads;
    for (std::size_t index = 0; index < binders; ++index) {
        threads.push_back(os::Thread::start("binder", [&, index] {
                              waiting.fetch_sub(1);
                              while (waiting.load() > 0) ::sched_yield();
                              auto result = streams->listen(url_of(path));
                              if (result) {
                                  winners[index] = *std::move(result);
                              } else {
                                  errors[index] = std::move(result).error();
                              }
                          }).value());
    }
    threads.clear();
    int wins = 0;
    for (const auto& winner : winners) wins += winner ? 1 : 0;
    EXPECT_EQ(wins, 1);
    for (const auto& error : errors) {
        EXPECT_TRUE(!error || *error == Errc::unavailable) << error->to_string();
    }
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
    EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(UnixStreams, of_many_processes_that_bind_and_crash_there_is_always_at_most_one_owner) {
    constexpr int binders = 24;
    std::array<int, 2> wins{};
    std::array<int, 2> hold{};
    ASSERT_EQ(::pipe(wins.data()), 0);
    ASSERT_EQ(::pipe(hold.data()), 0);
    std::vector<pid_t> children;
    for (int index = 0; index < binders; ++index) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(hold[1]);
            const auto listener = streams->listen(url_of(path));
            char byte = 'w';
            if (listener && ::write(wins[1], &byte, 1) != 1) ::_exit(1);
            ::close(wins[1]);
            if (::read(hold[0], &byte, 1) != 0) ::_exit(2);
            ::_exit(0);  // no destructor: a crash
        }
        children.push_back(child);
    }
    ::close(wins[1]);
    std::array<char, binders> seen{};
    ssize_t count = 0;
    while (const ssize_t more = ::read(wins[0], seen.data(), seen.size())) count += more;
    EXPECT_EQ(count, 1);
    ::close(hold[1]);
    for (const pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    ::close(wins[0]);
    ::close(hold[0]);
}

TEST_F(UnixStreams, a_listener_whose_file_was_replaced_leaves_the_new_one_alone) {
    auto first = streams->listen(url_of(path)).value();
    fs::remove(path);
    const auto second = streams->listen(url_of(path)).value();
    first.reset();
    EXPECT_TRUE(fs::exists(path));
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
}

TEST_F(UnixStreams, what_is_no_socket_is_refused_by_its_kind_and_left_alone) {
    std::ofstream{path} << "precious";
    const fs::path below = folder / "below";
    fs::create_directory(below);
    const fs::path link = folder / "link";
    fs::create_symlink(path, link);
    const auto refusal = [&](const fs::path& place) {
        const auto refused = streams->listen(url_of(place));
        EXPECT_FALSE(refused);
        EXPECT_EQ(refused.error(), Errc::invalid);
        return refused.error().message();
    };
    EXPECT_NE(refusal(path).find("is a regular file"), std::string::npos);
    EXPECT_NE(refusal(below).find("is a directory"), std::string::npos);
    EXPECT_NE(refusal(link).find("is a symbolic link"), std::string::npos);
    EXPECT_NE(refusal(folder.string() + "/").find("names no file"), std::string::npos);
    EXPECT_EQ(fs::file_size(path), 8U);
}

TEST_F(UnixStreams, a_missing_folder_is_named) {
    const fs::path place = folder / "missing" / "here.sock";
    const auto refused = streams->listen(url_of(place));
    EXPECT_EQ(refused.error(), Errc::invalid);
    EXPECT_EQ(refused.error().detail(), ENOENT);
    EXPECT_NE(refused.error().message().find((folder / "missing").string() + " does not exist"),
              std::string::npos);
    EXPECT_EQ(streams->dial(url_of(place)).error(), Errc::unavailable);
}

// Runs `body` in a child as the user nobody, if this process may become it; true: it did and `body`
// answered true.
template <class Body>
bool holds_as_nobody(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && ::setuid(nobody) != 0) ::_exit(2);
        ::_exit(body() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status == 0;
}

TEST_F(UnixStreams, without_permission_binding_and_dialling_are_denied) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
    const auto listener = streams->listen(url_of(path)).value();
    fs::permissions(folder, fs::perms{0755});
    EXPECT_TRUE(holds_as_nobody([&] {
        const auto dialled = streams->dial(url_of(path));
        const auto bound = streams->listen(url_of(folder / "other.sock"));
        return dialled.error() == Errc::denied && bound.error() == Errc::denied &&
               bound.error().detail() == EACCES;
    }));
}

TEST_F(UnixStreams, a_long_path_works_and_a_long_name_is_refused_with_the_limit) {
    const fs::path deep = folder / std::string(120, 'd');
    fs::create_directory(deep);
    const fs::path place = deep / "here.sock";
    auto listener = streams->listen(url_of(place));
    ASSERT_TRUE(listener) << listener.error().to_string();
    const auto caller = streams->dial(url_of(place));
    ASSERT_TRUE(caller) << caller.error().to_string();
    EXPECT_TRUE(accept_one(**listener));
    EXPECT_EQ(streams->listen(url_of(place)).error(), Errc::unavailable);
    listener = Error{Errc::closed, ""};
    EXPECT_FALSE(fs::exists(place));
    const auto refused = streams->listen(url_of(folder / std::string(120, 'n')));
    EXPECT_EQ(refused.error(), Errc::invalid);
    EXPECT_NE(refused.error().message().find("107"), std::string::npos);
    EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(UnixStreams, a_folder_that_stays_locked_is_named_after_a_while) {
    const os::Fd holder = os::Fd::adopt(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(holder.get(), LOCK_EX), 0);
    const auto refused = streams->listen(url_of(path));
    EXPECT_EQ(refused.error(), Errc::unavailable);
    EXPECT_NE(refused.error().message().find(folder.string()), std::string::npos);
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

TEST_F(UnixStreams, without_free_descriptors_accepting_and_dialling_are_overloaded_and_recover) {
    const auto listener = streams->listen(url_of(path)).value();
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
