#include "exclusions.h"

#include <gtest/gtest.h>

#include <iostream>

namespace mycelium::conformance {
namespace {

TEST(Exclusions, what_is_not_run_stands_in_the_table_with_its_reason) {
    std::size_t excluded = 0;
    for (const Exclusion& exclusion : exclusions()) {
        EXPECT_FALSE(exclusion.reason.empty()) << exclusion.cases;
        for (const auto& transport : transports_under_test()) {
            if (!exclusion.applies(transport)) continue;
            std::cout << "not run: " << transport << ", " << exclusion.cases << ": "
                      << exclusion.reason << '\n';
            ++excluded;
        }
    }
    EXPECT_EQ(placements().size() + excluded, 2 * transports_under_test().size());
}

TEST(Exclusions, there_is_a_transport_to_test) { EXPECT_FALSE(transports_under_test().empty()); }

}  // namespace
}  // namespace mycelium::conformance
