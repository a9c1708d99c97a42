#include "apps/cli/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mycelium::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

OptionDescription option(std::vector<std::string> names, std::string value, std::string text) {
    OptionDescription result;
    result.names = std::move(names);
    result.value = std::move(value);
    result.text = std::move(text);
    return result;
}

VerbDescription verb(std::string name, std::string text) {
    VerbDescription result;
    result.name = std::move(name);
    result.text = std::move(text);
    return result;
}

VerbDescription command() {
    VerbDescription sow = verb("sow", "Put seeds in the ground");
    sow.options = {option({"--depth", "-d"}, "CM", "How deep (2)"), option({"--wet"}, "", "Pour")};
    sow.arguments = {option({}, "BED", "Where")};
    sow.arguments[0].is_required = sow.arguments[0].takes_several = true;
    sow.epilogue = "Examples:\n  garden sow north\n\n  echo '.x' | garden sow -\n\nBeds: two.\n";
    VerbDescription water = verb("water", "Water");
    water.verbs = {verb("start", "Open the tap"), verb("stop", "Close the tap")};
    water.verbs[0].options = {option({"--rate"}, "N", "Litres")};
    VerbDescription garden = verb("garden", "Grows things");
    garden.options = {option({"--version"}, "", "Tell the version")};
    garden.verbs = {sow, water};
    return garden;
}

TEST(Manual, the_overview_leads_to_the_page_of_every_verb) {
    const ManualPage page = manual_page(command(), "1.2");
    EXPECT_EQ(page.name, "garden");
    EXPECT_THAT(page.text, StartsWith(".TH \"GARDEN\" \"1\" \"\" \"mycelium 1.2\" \"Mycelium\"\n"
                                      ".SH \"NAME\"\ngarden \\- grows things\n"));
    EXPECT_THAT(page.text, HasSubstr(".TP\n.BR garden\\-sow (1)\nPut seeds in the ground.\n"));
    EXPECT_THAT(page.text, HasSubstr(".TP\n\\fB\\-\\-version\\fR\nTell the version.\n"));
    EXPECT_THAT(page.text, HasSubstr(".BR garden\\-sow (1),\n.BR garden\\-water (1)\n"));
}

TEST(Manual, a_page_says_of_each_option_what_it_takes_and_means) {
    const VerbDescription garden = command();
    const std::string text = manual_page(garden, garden.verbs[0], "1.2").text;
    EXPECT_THAT(text, HasSubstr("\\fBgarden sow\\fR\n[\\fB\\-\\-depth\\fR \\fICM\\fR]\n"
                                "[\\fB\\-\\-wet\\fR]\n\\fIBED\\fR ...\n"));
    EXPECT_THAT(text, HasSubstr(".TP\n\\fIBED\\fR\nWhere.\n"));
    EXPECT_THAT(text,
                HasSubstr(".TP\n\\fB\\-\\-depth\\fR, \\fB\\-d\\fR \\fICM\\fR\nHow deep (2).\n"));
}

TEST(Manual, examples_keep_their_lines_and_notes_do_not) {
    const VerbDescription garden = command();
    const std::string text = manual_page(garden, garden.verbs[0], "1.2").text;
    EXPECT_THAT(text, HasSubstr(".SH \"EXAMPLES\"\n.EX\ngarden sow north\n\n"
                                "echo \\(aq.x\\(aq | garden sow \\-\n.EE\n"
                                ".SH \"NOTES\"\nBeds: two.\n.SH \"SEE ALSO\"\n"));
}

TEST(Manual, verbs_below_a_verb_stand_in_its_page) {
    const VerbDescription garden = command();
    const std::string text = manual_page(garden, garden.verbs[1], "1.2").text;
    EXPECT_THAT(
        text,
        HasSubstr(".SH \"SYNOPSIS\"\n\\fBgarden water start\\fR\n[\\fB\\-\\-rate\\fR \\fIN\\fR]\n"
                  ".PP\n\\fBgarden water stop\\fR\n"));
    EXPECT_THAT(text, HasSubstr(".SS \"garden water start\"\nOpen the tap.\n"
                                ".TP\n\\fB\\-\\-rate\\fR \\fIN\\fR\nLitres.\n"));
    EXPECT_THAT(text, Not(HasSubstr(".EX")));
}

TEST(Manual, a_verb_that_does_something_by_itself_has_its_own_synopsis) {
    VerbDescription garden = command();
    garden.verbs[1].options = {option({"--help"}, "", "Help"), option({"--all"}, "", "All")};
    const std::string text = manual_page(garden, garden.verbs[1], "1.2").text;
    EXPECT_THAT(text, HasSubstr("\\fBgarden water\\fR\n[\\fB\\-\\-help\\fR]\n"
                                "[\\fB\\-\\-all\\fR]\n.PP\n\\fBgarden water start\\fR\n"));
}

TEST(Manual, there_is_one_page_for_the_command_and_one_for_each_verb) {
    std::vector<std::string> names;
    for (const ManualPage& page : manual_pages(command(), "1.2")) names.push_back(page.name);
    EXPECT_THAT(names, testing::ElementsAre("garden", "garden-sow", "garden-water"));
}

}  // namespace
}  // namespace mycelium::cli
