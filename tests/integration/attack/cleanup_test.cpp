// Cleanup: after all of these tests the machine has nothing of theirs.
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>

#include "attacked.h"

namespace mycelium::attack {
namespace {

std::set<std::string> named_shared_memory() {
    std::set<std::string> all;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator{"/dev/shm", none})
        if (entry.path().filename().string().find("mycelium") != std::string::npos)
            all.insert(entry.path().string());
    return all;
}

/// Abstract sockets of this process's tests.
std::vector<std::string> own_sockets() {
    std::ifstream in{"/proc/net/unix"};
    std::vector<std::string> all;
    const std::string mark = "conformance/" + unique_name();
    const std::string begin = mark.substr(0, mark.rfind('-') + 1);
    for (std::string line; std::getline(in, line);)
        if (line.find(begin) != std::string::npos) all.push_back(line);
    return all;
}

class Cleanup final : public testing::Environment {
public:
    void SetUp() override { before_ = named_shared_memory(); }
    void TearDown() override {
        EXPECT_EQ(shared_maps(), 0u) << "shared memory is still mapped";
        EXPECT_EQ(descriptors_text().find("memfd:mycelium"), std::string::npos)
            << descriptors_text();
        EXPECT_TRUE(own_sockets().empty()) << own_sockets().front();
        EXPECT_EQ(named_shared_memory(), before_);
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process is still there";
        EXPECT_EQ(errno, ECHILD);
    }

private:
    std::set<std::string> before_;
};

[[maybe_unused]] const auto* const registered =
    testing::AddGlobalTestEnvironment(new Cleanup);  // googletest owns it

TEST(Cleanup_, looks_for_the_sockets_that_tests_really_use) {
    Node home{quiet("home")};
    const auto publisher = home.publisher<Tick>(new_url("shm")).value();
    EXPECT_FALSE(own_sockets().empty());
}

}  // namespace
}  // namespace mycelium::attack
