#include "base/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace mycelium::base {
namespace {

std::string valid(std::string_view text) { return valid_utf8(text, 1000); }

TEST(Utf8, valid_text_stays_as_it_is) {
    for (const char* text :
         {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8d\x84", "\xed\x9f\xbf",
          "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80", "\xe0\xa0\x80"})
        EXPECT_EQ(valid(text), text);
}

TEST(Utf8, every_byte_that_belongs_to_no_character_is_replaced) {
    const std::string r = "\xef\xbf\xbd";
    EXPECT_EQ(valid("a\xff"
                    "b"),
              "a" + r + "b");
    EXPECT_EQ(valid("\x80"), r);
    EXPECT_EQ(valid("\xc3"), r) << "cut off";
    EXPECT_EQ(valid("\xe2\x82"), r + r) << "cut off";
    EXPECT_EQ(valid("\xc3"
                    "a"),
              r + "a");
    EXPECT_EQ(valid("\xc0\xaf"), r + r) << "overlong";
    EXPECT_EQ(valid("\xe0\x9f\xbf"), r + r + r) << "overlong";
    EXPECT_EQ(valid("\xf0\x8f\xbf\xbf"), r + r + r + r) << "overlong";
    EXPECT_EQ(valid("\xed\xa0\x80"), r + r + r) << "a surrogate";
    EXPECT_EQ(valid("\xf4\x90\x80\x80"), r + r + r + r) << "over U+10FFFF";
    EXPECT_EQ(valid("\xf5\x80\x80\x80"), r + r + r + r) << "over U+10FFFF";
}

TEST(Utf8, the_cut_never_falls_into_a_character) {
    EXPECT_EQ(valid_utf8("x\xc3\xa4", 3), "x\xc3\xa4");
    EXPECT_EQ(valid_utf8("x\xc3\xa4", 2), "x");
    EXPECT_EQ(valid_utf8("\xff", 2), "");
    EXPECT_EQ(valid_utf8("abc", 0), "");
}

TEST(Utf8, what_was_made_valid_stays_as_it_is) {
    std::mt19937 random{8};
    for (int round = 0; round < 5000; ++round) {
        std::string text;
        for (auto i = random() % 20; i > 0; --i)
            text += static_cast<char>(random() | (random() % 2) << 7);
        const std::string once = valid(text);
        EXPECT_EQ(valid(once), once);
    }
}

}  // namespace
}  // namespace mycelium::base
