#include "core/wire/error_info.h"

#include <gtest/gtest.h>

#include <string>

namespace mycelium::wire {
namespace {

TEST(ErrorInfo, every_error_of_the_library_comes_back_as_itself) {
    for (int number = 0; number <= static_cast<int>(Errc::internal); ++number) {
        const auto code = static_cast<Errc>(number);
        if (code == Errc::failed) continue;
        const Error again = error_of(error_info_of(Error{code, "why", 13}));
        EXPECT_EQ(again.code(), code);
        EXPECT_EQ(again.message(), "why");
        EXPECT_EQ(again.detail(), 0) << "an errno means nothing to the peer";
    }
}

TEST(ErrorInfo, an_applications_error_keeps_its_number_and_data) {
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{404}, INT64_MIN, INT64_MAX}) {
        const Error again =
            error_of(error_info_of(Error{Errc::failed, "no", number}.with_data("\x01")));
        EXPECT_TRUE(again == Errc::failed);
        EXPECT_EQ(again.detail(), number);
        EXPECT_EQ(again.data(), "\x01");
    }
}

TEST(ErrorInfo, the_codes_are_those_of_the_format) {
    EXPECT_EQ(error_code_of({Errc::invalid, ""}), -32100);
    EXPECT_EQ(error_code_of({Errc::malformed, ""}), -32107);
    EXPECT_EQ(error_code_of({Errc::mismatch, ""}), -32108);
    EXPECT_EQ(error_code_of({Errc::internal, ""}), -32111);
}

}  // namespace
}  // namespace mycelium::wire
