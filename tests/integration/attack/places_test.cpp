// Places: a URL that cannot be had is refused with the reason, and one that is stale is taken over.
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "attacked.h"

namespace mycelium::attack {
namespace {

/// A socket file that nobody listens at any more.
void leave_stale_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(fd, 1), 0);
    ::close(fd);
    ASSERT_TRUE(std::filesystem::exists(path));
}

TEST(Places, a_stale_socket_file_is_taken_over) {
    TemporaryDirectory directory;
    const std::string path = directory.path() + "/stale.sock";
    leave_stale_socket(path);
    Node home{quiet("home")}, away{quiet("away")};
    auto publisher = home.publisher<Tick>("unix://" + path).value();
    auto subscriber = away.subscriber<Tick>("unix://" + path).value();
    publisher.wait_for(1, patience).value();
    publisher.publish(tick(1)).value();
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
}

TEST(Places, a_live_owner_is_named_by_its_pid_and_keeps_its_place_even_when_stopped) {
    const std::string url = new_url("unix");
    Peer owner{Deployment::processes, {"publish", "unix", {{"url", url}}}};
    EXPECT_EQ(owner.hear(), "ready " + url);
    owner.signal(SIGSTOP);
    Node home{quiet("home")};
    const auto refused = home.publisher<Tick>(url);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message().find(std::to_string(owner.pid())), std::string::npos)
        << refused.error().message();
    owner.signal(SIGCONT);
    auto subscriber = home.subscriber<Tick>(url).value();
    owner.say("go 1");
    EXPECT_EQ(*subscriber.receive_for(patience).value(), tick(1));
}

TEST(Places, a_file_that_is_no_socket_is_refused_and_untouched) {
    TemporaryDirectory directory;
    const std::string path = directory.path() + "/precious.txt";
    std::ofstream{path} << "precious";
    Node home{quiet("home")};
    EXPECT_FALSE(home.publisher<Tick>("unix://" + path).ok());
    EXPECT_FALSE(home.publisher<Tick>("unix://" + directory.path()).ok());
    EXPECT_FALSE(home.publisher<Tick>("unix://" + directory.path() + "/absent/x.sock").ok());
    std::string text;
    std::ifstream{path} >> text;
    EXPECT_EQ(text, "precious");
}

TEST(Places, a_tcp_place_that_cannot_be_had_is_refused) {
    Node home{quiet("home")}, other{quiet("other")};
    auto owner = home.publisher<Tick>("tcp://127.0.0.1:0").value();
    const auto taken = other.publisher<Tick>(owner.url());
    ASSERT_FALSE(taken.ok());
    EXPECT_NE(taken.error().detail(), 0) << "the errno is lost";
    EXPECT_FALSE(other.publisher<Tick>("tcp://192.0.2.1:4000").ok())
        << "an address of no interface here";
    EXPECT_FALSE(other.publisher<Tick>("tcp://127.0.0.1:65536").ok());
    EXPECT_FALSE(other.subscriber<Tick>("tcp://127.0.0.1").ok());
}

TEST(Places, a_refused_port_is_dialled_until_somebody_is_there) {
    Node home{quiet("home")}, away{quiet("away")};
    const std::string url = new_url("tcp");
    auto subscriber = away.subscriber<Tick>(url).value();
    EXPECT_EQ(subscriber.wait_for(1, 100ms).error(), Errc::timeout);
    auto publisher = home.publisher<Tick>(url).value();
    EXPECT_TRUE(subscriber.wait_for(1, patience).ok());
}

TEST(Places, a_socket_file_is_its_owners_alone) {
    TemporaryDirectory directory;
    const std::string path = directory.path() + "/private.sock";
    Node home{quiet("home")};
    auto publisher = home.publisher<Tick>("unix://" + path).value();
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace mycelium::attack
