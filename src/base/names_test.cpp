#include <mycelium/ext/message.h>
#include <mycelium/ext/ports.h>

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace mycelium {
namespace {

template <class Enum>
std::set<std::string_view> names_up_to(Enum last) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(last); ++i) names.insert(name_of(static_cast<Enum>(i)));
    return names;
}

TEST(Names, every_enumerator_has_a_name_of_its_own) {
    EXPECT_EQ(names_up_to(DropReason::paused).size(), drop_reason_count);
    EXPECT_EQ(names_up_to(SlowReader::disconnect).size(), 4u);
    EXPECT_EQ(names_up_to(Event::Kind::caught_up).size(), 6u);
    EXPECT_FALSE(names_up_to(DropReason::paused).contains("unknown"));
}

TEST(Names, a_number_from_nowhere_is_unknown) {
    EXPECT_EQ(name_of(static_cast<DropReason>(99)), "unknown");
    EXPECT_EQ(name_of(static_cast<SlowReader>(99)), "unknown");
    EXPECT_EQ(name_of(static_cast<Event::Kind>(99)), "unknown");
}

}  // namespace
}  // namespace mycelium
