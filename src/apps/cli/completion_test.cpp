#include "apps/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mycelium::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using Kind = Completion::Kind;
using Words = std::vector<std::string>;

OptionDescription option(std::vector<std::string> names, std::string value) {
    OptionDescription result;
    result.names = std::move(names);
    result.value = std::move(value);
    result.text = "Text";
    return result;
}

VerbDescription command() {
    VerbDescription sow;
    sow.name = "sow";
    sow.text = "Put seeds in the ground";
    sow.options = {option({"--seeds", "-s"}, "FILE"),
                   option({"--mode"}, "rows|circles"),
                   option({"--wet"}, ""),
                   option({"--into"}, "FOLDER"),
                   option({"--at"}, "N"),
                   option({"--to"}, "URL")};
    sow.options.back().takes_several = true;
    sow.arguments = {option({}, "URL"), option({}, "plan.toml")};
    VerbDescription water;
    water.name = "water";
    water.verbs = {VerbDescription{}, VerbDescription{}};
    water.verbs[0].name = "start";
    water.verbs[1].name = "stop";
    VerbDescription garden;
    garden.name = "garden";
    garden.options = {option({"--help"}, "")};
    garden.verbs = {sow, water};
    return garden;
}

Words offered(const Words& words) {
    Words result;
    for (const Completion::Candidate& candidate : complete(command(), words).candidates)
        result.push_back(candidate.word);
    return result;
}

TEST(Completion, a_first_word_becomes_a_verb_or_help) {
    EXPECT_THAT(offered({""}), ElementsAre("sow", "water", "help"));
    EXPECT_THAT(offered({"w"}), ElementsAre("water"));
    EXPECT_THAT(offered({"x"}), IsEmpty());
    EXPECT_THAT(offered({"help", ""}), ElementsAre("sow", "water"));
    EXPECT_THAT(offered({"help", "sow", ""}), IsEmpty());
    EXPECT_THAT(offered({"--h"}), ElementsAre("--help"));
}

TEST(Completion, verbs_below_a_verb_are_known) {
    EXPECT_THAT(offered({"water", "sto"}), ElementsAre("stop"));
    EXPECT_THAT(offered({"water", "stop", ""}), IsEmpty());
}

TEST(Completion, options_are_offered_once_unless_they_may_be_given_again) {
    EXPECT_THAT(offered({"sow", "-"}),
                ElementsAre("--seeds", "--mode", "--wet", "--into", "--at", "--to"));
    EXPECT_THAT(offered({"sow", "--wet", "--to", "x", "-s", "f", "--"}),
                ElementsAre("--mode", "--into", "--at", "--to"));
    EXPECT_THAT(offered({"sow", "-s"}), ElementsAre("-s"));
}

TEST(Completion, a_value_becomes_one_of_the_words_that_it_may_be) {
    EXPECT_THAT(offered({"sow", "--mode", ""}), ElementsAre("rows", "circles"));
    const Completion glued = complete(command(), Words{"sow", "--mode=c"});
    EXPECT_EQ(glued.prefix, "--mode=");
    EXPECT_THAT(glued.candidates, ElementsAre(Completion::Candidate{"circles", ""}));
    EXPECT_THAT(offered({"sow", "--at", ""}), IsEmpty());
}

TEST(Completion, a_value_that_looks_like_an_option_is_a_value) {
    EXPECT_THAT(offered({"sow", "--at", "-"}), IsEmpty());
    EXPECT_THAT(offered({"sow", "--at", "--wet", "--w"}), ElementsAre("--wet"));
}

TEST(Completion, files_and_folders_are_left_to_the_shell) {
    EXPECT_EQ(complete(command(), Words{"sow", "--seeds", ""}).kind, Kind::files);
    EXPECT_EQ(complete(command(), Words{"sow", "--into", ""}).kind, Kind::folders);
    EXPECT_EQ(complete(command(), Words{"sow", "shm://x", "pl"}).kind, Kind::files);
    const Completion glued = complete(command(), Words{"sow", "--seeds=/e"});
    EXPECT_EQ(glued.kind, Kind::files);
    EXPECT_EQ(glued.prefix, "--seeds=");
}

TEST(Completion, a_url_becomes_a_scheme_and_then_a_path) {
    EXPECT_THAT(offered({"sow", ""}), ElementsAre("shm://", "unix:///", "unix://@", "tcp://"));
    EXPECT_THAT(offered({"sow", "--to", "unix:"}), ElementsAre("unix:///", "unix://@"));
    const Completion path = complete(command(), Words{"sow", "unix:///tmp/s"});
    EXPECT_EQ(path.kind, Kind::files);
    EXPECT_EQ(path.prefix, "unix://");
    EXPECT_THAT(offered({"sow", "unix://@a"}), IsEmpty());
}

TEST(Completion, arguments_have_their_order_and_end) {
    EXPECT_EQ(complete(command(), Words{"sow", "--at", "3", "x", "y", ""}).kind, Kind::words);
    EXPECT_THAT(offered({"sow", "x", "y", ""}), IsEmpty());
}

TEST(Completion, behind_two_hyphens_nothing_is_an_option) {
    EXPECT_THAT(offered({"sow", "--", "-"}), Not(Contains("--wet")));
    EXPECT_EQ(complete(command(), Words{"sow", "--", "--wet", ""}).kind, Kind::files);
}

TEST(Completion, no_word_and_unknown_words_offer_nothing) {
    EXPECT_THAT(offered({}), IsEmpty());
    EXPECT_THAT(offered({"dig", ""}), IsEmpty());
    EXPECT_THAT(offered({"sow", "--none=x"}), IsEmpty());
    EXPECT_THAT(offered({"sow", "--none", "--we"}), ElementsAre("--wet"));
}

TEST(Completion, its_text_has_a_line_for_the_kind_and_one_for_each_candidate) {
    Completion completion;
    completion.prefix = "--mode=";
    completion.candidates = {{"rows", "In rows"}, {"circles", ""}};
    EXPECT_EQ(text_of(completion), "words\t--mode=\nrows\tIn rows\ncircles\t\n");
    EXPECT_EQ(text_of(complete(command(), Words{"sow", "--into", ""})), "folders\t\n");
}

TEST(Completion, a_line_is_parted_as_a_shell_does) {
    EXPECT_THAT(words_of_line("a  bc "), ElementsAre("a", "bc", ""));
    EXPECT_THAT(words_of_line("a 'b c' \"d\\\" 'e\" f\\ g"),
                ElementsAre("a", "b c", "d\" 'e", "f g"));
    EXPECT_THAT(words_of_line("a '' b"), ElementsAre("a", "", "b"));
    EXPECT_THAT(words_of_line("a 'b c"), ElementsAre("a", "b c"));
    EXPECT_THAT(words_of_line(""), ElementsAre(""));
    EXPECT_THAT(words_of_line("a\\"), ElementsAre("a\\"));
}

TEST(Completion, only_lists_in_small_letters_are_choices) {
    EXPECT_THAT(choices_of("a|b_c|d"), ElementsAre("a", "b_c", "d"));
    EXPECT_THAT(choices_of("PID|NAME"), IsEmpty());
    EXPECT_THAT(choices_of("file"), IsEmpty());
}

}  // namespace
}  // namespace mycelium::cli
