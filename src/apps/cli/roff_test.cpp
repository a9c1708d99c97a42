#include "apps/cli/roff.h"

#include <gtest/gtest.h>

namespace mycelium::cli::roff {
namespace {

TEST(Roff, what_is_an_escape_or_a_macro_shows_as_it_is_written) {
    EXPECT_EQ(escaped("a\\b --c"), "a\\eb \\-\\-c");
    EXPECT_EQ(escaped(".SH no"), "\\&.SH no");
    EXPECT_EQ(escaped("'tr a-z' `x` ^~"), "\\(aqtr a\\-z\\(aq \\(gax\\(ga \\(ha\\(ti");
    EXPECT_EQ(bold("-n"), "\\fB\\-n\\fR");
}

TEST(Roff, characters_beyond_ascii_are_named_by_number) {
    EXPECT_EQ(escaped("é ✓ 😀"), "\\[u00E9] \\[u2713] \\[u1F600]");
}

TEST(Roff, broken_utf8_becomes_question_marks) {
    EXPECT_EQ(escaped("a\xff z"), "a? z");
    EXPECT_EQ(escaped("\xe2\x9c"), "??");
    EXPECT_EQ(escaped("\xc3("), "?(");
    EXPECT_EQ(escaped("\x80\xc0\xf5"), "???");
}

TEST(Roff, the_argument_of_a_macro_may_have_spaces_and_quotes) {
    EXPECT_EQ(macro("SH", "SEE \"ALSO\""), ".SH \"SEE \"\"ALSO\"\"\"\n");
}

}  // namespace
}  // namespace mycelium::cli::roff
