// Weakening: one change to a protocol that must make it wrong; and the tests that all models have
// in common.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "explorer.h"

namespace mycelium::models {

template <class Protocol>
struct Weakening {
    const char* name;
    void (*apply)(Protocol&);

    friend std::ostream& operator<<(std::ostream& out, const Weakening& weakening) {
        return out << weakening.name;
    }
};

struct NameOfWeakening {
    template <class Info>
    std::string operator()(const Info& info) const {
        return info.param.name;
    }
};

/// No bad state can be reached.
inline void expect_sound(const Report& report) {
    EXPECT_EQ(report.fault, "") << report.story;
    EXPECT_FALSE(report.outcomes.empty()) << "no execution comes to its end";
    ::testing::Test::RecordProperty("states", static_cast<int>(report.states));
}

/// A bad state is found, and it is the protocol's fault, not the explorer's.
inline void expect_unsound(const Report& report) {
    EXPECT_NE(report.fault, "") << "nothing bad in " << report.states << " states";
    EXPECT_NE(report.fault, "there are more states than the limit");
    EXPECT_NE(report.fault, "the machine is too small for the model");
    ::testing::Test::RecordProperty("fault", report.fault);
}

}  // namespace mycelium::models
