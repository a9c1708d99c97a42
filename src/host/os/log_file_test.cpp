#include "host/os/log_file.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/os/flag.h"
#include "host/os/poll.h"

namespace mycelium::os {
namespace {

struct Folder {
    std::string path;
    Folder() {
        char name[] = "/tmp/mycelium-log-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
};

std::string content_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

TEST(LogFile, lines_are_appended_and_the_full_file_makes_room) {
    const Folder folder;
    const std::string path = folder.path + "/a.log";
    {
        LogFile file{path, 10};
        EXPECT_EQ(file.append("12345\n"), 0);
    }
    LogFile file{path, 10};
    EXPECT_EQ(file.append("678\n"), 0);
    EXPECT_EQ(content_of(path), "12345\n678\n");
    EXPECT_EQ(file.append("9\n"), 0);
    EXPECT_EQ(content_of(path), "9\n");
    EXPECT_EQ(content_of(path + ".1"), "12345\n678\n");
    EXPECT_EQ(file.append(std::string(20, 'x')), 0);  // larger than a file may be: it has one
    EXPECT_EQ(content_of(path + ".1"), "9\n");
}

TEST(LogFile, what_cannot_be_written_is_told_and_tried_again) {
    const Folder folder;
    LogFile file{folder.path + "/later/a.log", 100};
    EXPECT_EQ(file.append("1\n"), ENOENT);
    ASSERT_TRUE(make_folder(folder.path + "/later"));
    EXPECT_EQ(file.append("2\n"), 0);
    EXPECT_EQ(content_of(folder.path + "/later/a.log"), "2\n");
    LogFile full{"/dev/full", 100};
    EXPECT_EQ(full.append("3\n"), ENOSPC);
}

TEST(LogFile, a_folder_that_cannot_be_made_is_told) {
    const Folder folder;
    EXPECT_TRUE(make_folder(folder.path));
    EXPECT_FALSE(make_folder(folder.path + "/a/b"));
    EXPECT_FALSE(make_folder("/dev/null"));
}

TEST(Flag, once_raised_it_stays_readable) {
    Flag flag = Flag::create().value();
    std::array polled{Polled{flag.fd(), false, false}};
    EXPECT_EQ(poll(polled, Instant{}).value(), 0);
    EXPECT_FALSE(flag.is_raised());
    flag.raise();
    flag.raise();
    EXPECT_TRUE(flag.is_raised());
    EXPECT_EQ(poll(polled, Instant{}).value(), 1);
    EXPECT_EQ(poll(polled, Instant{}).value(), 1);
}

}  // namespace
}  // namespace mycelium::os
