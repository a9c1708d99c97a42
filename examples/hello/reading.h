#pragma once

#include <mycelium/mycelium.h>

struct Reading {
    std::uint64_t sequence;
    double celsius;
};
MYCELIUM_FLAT(Reading, sequence, celsius);
