#include "base/nearest.h"

#include <gtest/gtest.h>
#include <vector>

namespace mycelium::base {
namespace {

const std::vector<std::string> options{"--count",  "--timeout", "--rate",
                                       "--policy", "--exec",    "--echo"};

TEST(Nearest, one_slip_is_seen_through) {
    EXPECT_EQ(nearest("--cuont", options), "--count");
    EXPECT_EQ(nearest("--polcy", options), "--policy");
    EXPECT_EQ(nearest("--exce", options), "--exec");
    EXPECT_EQ(nearest("--ratee", options), "--rate");
    EXPECT_EQ(nearest("--tineout", options), "--timeout");
}

TEST(Nearest, a_beginning_stands_for_the_whole) {
    EXPECT_EQ(nearest("--time", options), "--timeout");
}

TEST(Nearest, another_word_is_not_guessed) {
    EXPECT_EQ(nearest("--frob", options), "");
    EXPECT_EQ(nearest("x", options), "");
    EXPECT_EQ(nearest("", options), "");
    EXPECT_EQ(nearest(std::string(100'000, 'x'), options), "");
    EXPECT_EQ(nearest("--count", {}), "");
}

TEST(Nearest, the_guess_is_a_question_or_nothing) {
    EXPECT_EQ(did_you_mean("--cuont", options), " (did you mean --count?)");
    EXPECT_EQ(did_you_mean("--frob", options), "");
}

}  // namespace
}  // namespace mycelium::base
