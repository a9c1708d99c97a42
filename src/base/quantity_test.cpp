#include "base/quantity.h"

#include <gtest/gtest.h>

namespace mycelium::base {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, durations_need_a_unit_except_zero) {
    EXPECT_EQ(parse_duration("5s").value(), 5s);
    EXPECT_EQ(parse_duration("200ms").value(), 200ms);
    EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
    EXPECT_EQ(parse_duration("2m").value(), 2min);
    EXPECT_EQ(parse_duration("1h").value(), 1h);
    EXPECT_EQ(parse_duration("7us").value(), 7us);
    EXPECT_EQ(parse_duration("9ns").value(), 9ns);
    EXPECT_EQ(parse_duration("0").value(), 0ns);
    for (const char* wrong :
         {"", "5", "s", "-1s", "5 s", "5sec", "1e400s", "nan", "infs", "1e20h", "0x10s"})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    EXPECT_EQ(parse_duration("5").error().message(),
              "'5' is not a duration: write 200ms, 5s or 1m");
}

TEST(Quantity, sizes_are_bytes_unless_a_unit_follows) {
    EXPECT_EQ(parse_size("0").value(), 0u);
    EXPECT_EQ(parse_size("4096").value(), 4096u);
    EXPECT_EQ(parse_size("64KiB").value(), 65536u);
    EXPECT_EQ(parse_size("1.5MiB").value(), 1572864u);
    EXPECT_EQ(parse_size("10MB").value(), 10'000'000u);
    EXPECT_EQ(parse_size("4GiB").value(), 4294967296u);
    for (const char* wrong : {"", "-1", "1.5", "10 MB", "10mb", "1e30", "MiB"})
        EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(Quantity, what_is_printed_is_what_could_have_been_written) {
    EXPECT_EQ(text_of(20s), "20s");
    EXPECT_EQ(text_of(1500ms), "1500ms");
    EXPECT_EQ(text_of(120s), "2m");
    EXPECT_EQ(text_of(0s), "0s");
    EXPECT_EQ(text_of_size(64 * 1024 * 1024), "64MiB");
    EXPECT_EQ(text_of_size(1000), "1000 bytes");
    EXPECT_EQ(text_of_size(0), "0 bytes");
    EXPECT_EQ(count_of(1, "message"), "1 message");
    EXPECT_EQ(count_of(0, "message"), "0 messages");
}

}  // namespace
}  // namespace mycelium::base
