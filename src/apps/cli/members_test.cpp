#include "apps/cli/members.h"

#include <gtest/gtest.h>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/codec.h>

namespace mycelium::cli {

struct MembersWheel {
    double radius = 0;
};
MYCELIUM_FIELDS(MembersWheel, (1, radius));

struct MembersCart {
    std::string owner;
    std::vector<MembersWheel> wheels;
    std::map<std::string, MembersWheel> spare;
    std::optional<MembersWheel> steering;
};
MYCELIUM_FIELDS(MembersCart, (1, owner), (2, wheels), (3, spare), (4, steering));

namespace {

std::string error_of(std::string_view json, std::span<const ExtraMember> extras = {}) {
    const auto checked = check_members(json, schema_of<MembersCart>().description, extras);
    return checked ? "" : checked.error().message();
}

TEST(Members, those_of_the_type_are_accepted_at_every_depth) {
    EXPECT_EQ(error_of(R"({"owner":"me","wheels":[{"radius":1},{}],"spare":{"any":{"radius":2}},)"
                       R"("steering":null})"),
              "");
    EXPECT_EQ(error_of("{}"), "");
}

TEST(Members, one_that_the_type_does_not_have_is_named_with_its_place) {
    EXPECT_EQ(error_of(R"({"onwer":"me"})"),
              "'onwer': there is no such member (did you mean owner?)");
    EXPECT_EQ(error_of(R"({"wheels":[{},{"radios":1}]})"),
              "'wheels[1].radios': there is no such member (did you mean radius?)");
    EXPECT_EQ(error_of(R"({"spare":{"left":{"x":1}}})"), "'spare.left.x': there is no such member");
    EXPECT_EQ(error_of(R"({"steering":{"x":1}})"), "'steering.x': there is no such member");
}

TEST(Members, an_extra_one_is_accepted_in_its_type_only) {
    constexpr std::array<ExtraMember, 1> extras{{{"MembersWheel", "note"}}};
    EXPECT_EQ(error_of(R"({"wheels":[{"note":1}]})", extras), "");
    EXPECT_EQ(error_of(R"({"note":1})", extras), "'note': there is no such member");
}

TEST(Members, wrong_kinds_and_a_wrong_description_do_no_harm) {
    EXPECT_EQ(error_of(R"({"owner":{"x":1},"wheels":7,"spare":[1],"steering":"x"})"), "");
    EXPECT_EQ(error_of("[7]"), "");
    EXPECT_FALSE(check_members("{", schema_of<MembersCart>().description));
    EXPECT_FALSE(check_members("{}", "nonsense"));
}

}  // namespace
}  // namespace mycelium::cli
