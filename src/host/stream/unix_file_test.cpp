#include "host/stream/unix_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "host/os/thread.h"
#include "host/stream/unix_testing.h"

namespace mycelium {
namespace {

using namespace testing_unix;

class UnixFiles : public UnixStreams {};

TEST_F(UnixFiles, the_file_is_for_its_owner_only_and_goes_with_the_listener) {
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

TEST_F(UnixFiles, a_relative_path_is_relative_to_the_working_directory_at_the_time) {
    const fs::path before = fs::current_path();
    fs::current_path(folder);
    auto listener = streams->listen(url_of("here.sock")).value();
    EXPECT_TRUE(streams->dial(url_of("here.sock")).ok());
    fs::current_path(before);
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
    listener.reset();
    EXPECT_EQ(files_in_folder(), 0U);
}

TEST_F(UnixFiles, a_stale_file_is_taken_over) {
    leave_stale(path);
    EXPECT_EQ(streams->dial(url_of(path)).error(), Errc::unavailable);
    const auto listener = streams->listen(url_of(path));
    ASSERT_TRUE(listener) << listener.error().to_string();
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
    EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(UnixFiles, what_a_crash_between_bind_and_rename_left_is_cleared_away) {
    leave_stale(folder / (".mycelium-binding-" + std::to_string(::geteuid())));
    const auto listener = streams->listen(url_of(path));
    ASSERT_TRUE(listener) << listener.error().to_string();
    EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(UnixFiles, a_live_owner_is_named_by_pid_and_keeps_its_place) {
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

TEST_F(UnixFiles, of_many_who_bind_at_once_exactly_one_wins_also_over_a_stale_file) {
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

TEST_F(UnixFiles, of_many_processes_that_bind_and_crash_there_is_always_at_most_one_owner) {
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

TEST_F(UnixFiles, a_listener_whose_file_was_replaced_leaves_the_new_one_alone) {
    auto first = streams->listen(url_of(path)).value();
    fs::remove(path);
    const auto second = streams->listen(url_of(path)).value();
    first.reset();
    EXPECT_TRUE(fs::exists(path));
    EXPECT_TRUE(streams->dial(url_of(path)).ok());
}

TEST_F(UnixFiles, what_is_no_socket_is_refused_by_its_kind_and_left_alone) {
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

TEST_F(UnixFiles, a_missing_folder_is_named) {
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

TEST_F(UnixFiles, without_permission_binding_and_dialling_are_denied) {
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

TEST_F(UnixFiles, a_long_path_works_and_a_long_name_is_refused_with_the_limit) {
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

TEST_F(UnixFiles, a_folder_that_stays_locked_is_named_after_a_while) {
    const os::Fd holder = os::Fd::adopt(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(holder.get(), LOCK_EX), 0);
    const auto refused = streams->listen(url_of(path));
    EXPECT_EQ(refused.error(), Errc::unavailable);
    EXPECT_NE(refused.error().message().find(folder.string()), std::string::npos);
}

}  // namespace
}  // namespace mycelium
