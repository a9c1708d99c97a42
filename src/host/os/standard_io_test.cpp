#include "host/os/standard_io.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <string_view>

namespace mycelium::os {
namespace {

struct TestPipe {
    Fd read, write;
    TestPipe() {
        int ends[2];
        if (::pipe(ends) != 0) return;
        read = Fd::adopt(ends[0]);
        write = Fd::adopt(ends[1]);
    }
    void put(std::string_view text) { write_some(write.get(), std::as_bytes(std::span{text})); }
};

TEST(StandardIo, a_missing_file_a_folder_and_a_file_are_told_apart) {
    const auto missing = open_to_read("/no/such/file");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error(), Errc::unavailable);
    EXPECT_EQ(missing.error().message(), "/no/such/file: No such file or directory");
    EXPECT_EQ(open_to_read("/tmp").error().code(), Errc::invalid);
    EXPECT_TRUE(open_to_read("/dev/null"));
}

TEST(StandardIo, a_pipe_is_read_to_its_end) {
    TestPipe pipe;
    pipe.put("one ");
    pipe.put("two");
    pipe.write.reset();
    EXPECT_EQ(read_to_end(pipe.read.get(), 7).value().text(), "one two");
}

TEST(StandardIo, one_byte_over_the_bound_is_refused) {
    TestPipe pipe;
    pipe.put("12345678");
    pipe.write.reset();
    EXPECT_EQ(read_to_end(pipe.read.get(), 7).error().code(), Errc::overloaded);
}

TEST(StandardIo, a_stop_ends_reading) {
    TestPipe pipe, stop;
    stop.put("!");
    EXPECT_EQ(read_to_end(pipe.read.get(), 7, stop.read.get()).error().code(), Errc::closed);
    EXPECT_EQ(wait_to_read(pipe.read.get(), stop.read.get(), never).value(), Ready::stopped);
    EXPECT_EQ(wait_to_read(pipe.read.get(), -1, after(Duration{0})).value(), Ready::timed_out);
    EXPECT_EQ(wait_to_write(pipe.write.get(), -1, never).value(), Ready::now);
}

TEST(StandardIo, a_pipe_that_polls_writable_takes_its_piece_without_blocking) {
    TestPipe pipe;
    const std::size_t piece = write_bytes_max(pipe.write.get());
    ASSERT_GE(piece, 512u);
    ASSERT_LE(piece, 65536u);
    const std::vector<std::byte> bytes(piece);
    std::size_t written = 0;
    while (wait_to_write(pipe.write.get(), -1, after(Duration{0})).value() == Ready::now)
        written += write_some(pipe.write.get(), bytes).count;
    EXPECT_EQ(written % piece, 0u);
    EXPECT_TRUE(is_pipe(pipe.write.get()));
}

TEST(StandardIo, writing_to_nobody_is_told) {
    ::signal(SIGPIPE, SIG_IGN);
    TestPipe pipe;
    pipe.read.reset();
    const std::array<std::byte, 1> byte{};
    const Io io = write_some(pipe.write.get(), byte);
    EXPECT_EQ(io.kind, Io::Kind::broken);
    EXPECT_EQ(io.error, EPIPE);
    ::signal(SIGPIPE, SIG_DFL);
}

}  // namespace
}  // namespace mycelium::os
