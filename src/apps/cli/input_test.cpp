#include "apps/cli/input.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <string_view>

namespace mycelium::cli {
namespace {

std::vector<std::string> lines_of(std::string_view text, std::size_t piece) {
    Lines lines{1 << 20};
    std::vector<std::string> all;
    const auto take = [&] {
        while (const auto line = lines.next())
            all.emplace_back(reinterpret_cast<const char*>(line->data()), line->size());
    };
    while (!text.empty()) {
        const std::string_view part = text.substr(0, piece);
        std::ranges::copy(std::as_bytes(std::span{part}), lines.room(part.size()).begin());
        lines.came(part.size());
        text.remove_prefix(part.size());
        take();
    }
    lines.finish();
    take();
    EXPECT_EQ(lines.count(), all.size());
    return all;
}

TEST(Lines, are_the_same_however_the_input_is_cut) {
    const std::vector<std::string> expected{"one", "", "three\r", std::string{"\0x", 2}, "last"};
    const std::string_view text{"one\n\nthree\r\n\0x\nlast", 19};
    for (std::size_t piece = 1; piece <= text.size(); ++piece)
        EXPECT_EQ(lines_of(text, piece), expected) << piece;
}

TEST(Lines, a_newline_at_the_end_begins_no_line) {
    EXPECT_EQ(lines_of("a\n", 1), (std::vector<std::string>{"a"}));
    EXPECT_EQ(lines_of("\n", 1), (std::vector<std::string>{""}));
    EXPECT_TRUE(lines_of("", 1).empty());
}

TEST(Lines, one_that_is_longer_than_a_message_is_noticed_before_it_ends) {
    Lines lines{4};
    std::ranges::fill(lines.room(4).first(4), std::byte{'x'});
    lines.came(4);
    EXPECT_FALSE(lines.next());
    EXPECT_FALSE(lines.is_too_long());
    lines.room(1)[0] = std::byte{'x'};
    lines.came(1);
    EXPECT_FALSE(lines.next());
    EXPECT_TRUE(lines.is_too_long());
}

TEST(Lines, one_that_is_too_long_and_whole_is_not_given_out) {
    Lines lines{4};
    const std::string_view text = "12345\n";
    std::ranges::copy(std::as_bytes(std::span{text}), lines.room(text.size()).begin());
    lines.came(text.size());
    EXPECT_FALSE(lines.next());
    EXPECT_TRUE(lines.is_too_long());
}

}  // namespace
}  // namespace mycelium::cli
