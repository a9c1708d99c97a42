// The program of the attack tests: it runs them, or plays a part in one.
#include <gtest/gtest.h>

#include "parts.h"

int main(int argc, char** argv) {
    using namespace mycelium::conformance;
    if (auto code = play_if_asked(argc, argv, mycelium::attack::play_victim)) return *code;
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
