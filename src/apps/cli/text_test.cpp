#include "apps/cli/text.h"

#include <gtest/gtest.h>

namespace mycelium::cli {
namespace {

TEST(Text, whatever_is_said_stays_on_one_line) {
    EXPECT_EQ(one_line("plain"), "plain");
    EXPECT_EQ(one_line("two\nlines\r\tand\x1b[31mred"), "two\\nlines\\r\\tand\\x1b[31mred");
    EXPECT_EQ(one_line("grün €"), "grün €");
    EXPECT_EQ(one_line("a\xc2\x9b"
                       "2J\xc2\xa0"),
              "a\\x9b2J\xc2\xa0");
    EXPECT_EQ(one_line("\xff\xc0\x80 \xe2\x82"), "??? ??");
    EXPECT_EQ(one_line("\xed\xa0\x80"), "???");
}

TEST(Text, what_is_not_utf8_becomes_question_marks) {
    EXPECT_EQ(printable("two\nlines, grün"), "two\nlines, grün");
    EXPECT_EQ(printable("\xffx\xe2\x82"), "?x??");
}

}  // namespace
}  // namespace mycelium::cli
