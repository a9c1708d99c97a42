// What a sample is made of.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <new>

#include <mycelium/mycelium.h>

namespace mycelium {
namespace {

struct Old {
    std::uint32_t a = 0;
};
struct New {
    std::uint32_t a;
    std::uint32_t b;
    bool is_fine;
};
struct Large {
    std::uint32_t a;
    std::uint32_t b;
    std::array<std::uint64_t, 64> rest;
};

MYCELIUM_FIELDS(Old, (1, a));
MYCELIUM_FIELDS(New, (1, a), (2, b), (3, is_fine));
MYCELIUM_FIELDS(Large, (1, a), (2, b), (3, rest));

/// In memory that was something else before.
template <class T>
void expect_zero_where_an_older_sender_says_nothing() {
    const auto encoded = encode(Old{7}).value();
    Message message;
    message.payload.bytes = encoded.span();
    message.payload.has_bytes = true;
    alignas(Result<Sample<T>>) std::array<std::byte, sizeof(Result<Sample<T>>)> memory;
    std::memset(memory.data(), 0xff, memory.size());
    auto* const sample = new (memory.data()) Result<Sample<T>>{Sample<T>::from(message)};
    ASSERT_TRUE(sample->ok());
    EXPECT_EQ((**sample)->a, 7u);
    EXPECT_EQ((**sample)->b, 0u);
    std::destroy_at(sample);
}

TEST(Sample, has_zeroes_where_an_older_sender_says_nothing) {
    expect_zero_where_an_older_sender_says_nothing<New>();
    expect_zero_where_an_older_sender_says_nothing<Large>();
}

}  // namespace
}  // namespace mycelium
