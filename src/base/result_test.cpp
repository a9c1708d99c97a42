#include <mycelium/result.h>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace mycelium {
namespace {

TEST(Errc, every_code_has_a_name_that_leads_back_to_it) {
    for (int i = 0; i <= static_cast<int>(Errc::internal); ++i) {
        const auto code = static_cast<Errc>(i);
        EXPECT_EQ(errc_named(name_of(code)), code) << name_of(code);
    }
}

TEST(Errc, an_unknown_name_or_number_is_internal) {
    EXPECT_EQ(errc_named("no such code"), Errc::internal);
    EXPECT_EQ(errc_named(""), Errc::internal);
    EXPECT_EQ(name_of(static_cast<Errc>(200)), "internal");
}

TEST(Error, context_goes_before_the_message) {
    const Error error = Error{Errc::denied, "no permission", 13}.context("binding unix:///a");
    EXPECT_EQ(error.to_string(), "denied: binding unix:///a: no permission");
    EXPECT_EQ(error.detail(), 13);
    EXPECT_TRUE(error == Errc::denied);
}

TEST(Result, value_of_an_error_throws_that_error) {
    const Result<int> result = Error{Errc::timeout, "too late"};
    try {
        (void)result.value();
        FAIL() << "nothing was thrown";
    } catch (const BadResult& bad) {
        EXPECT_TRUE(bad.error() == Errc::timeout);
        EXPECT_STREQ(bad.what(), "timeout: too late");
    }
}

Result<std::unique_ptr<int>> half_of(int number) {
    if (number % 2 != 0) return Error{Errc::invalid, "odd"};
    return std::make_unique<int>(number / 2);
}

Result<int> quarter_of(int number) {
    MYCELIUM_TRY_ASSIGN(const auto half, half_of(number));
    MYCELIUM_TRY_ASSIGN(const auto quarter, half_of(*half));
    return *quarter;
}

TEST(Result, try_assign_hands_on_values_and_errors) {
    EXPECT_EQ(quarter_of(8).value(), 2);
    EXPECT_TRUE(quarter_of(6).error() == Errc::invalid);
}

}  // namespace
}  // namespace mycelium
