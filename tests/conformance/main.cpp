// The suite's program: it runs the tests, or plays a part in one of them.
#include <gtest/gtest.h>

#include "peer.h"

int main(int argc, char** argv) {
    if (auto code = mycelium::conformance::play_if_asked(argc, argv)) return *code;
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
