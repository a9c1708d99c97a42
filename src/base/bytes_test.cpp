#include <mycelium/bytes.h>

#include <gtest/gtest.h>

#include <string>

namespace mycelium {
namespace {

TEST(Bytes, a_copy_outlives_its_source) {
    std::string source = "hello";
    const Bytes bytes = Bytes::copy_of(source);
    source = "other";
    EXPECT_EQ(bytes.text(), "hello");
}

TEST(Bytes, a_copy_of_nothing_is_empty) {
    EXPECT_TRUE(Bytes::copy_of("").empty());
    EXPECT_EQ(Bytes::copy_of(""), Bytes{});
}

TEST(Bytes, a_slice_shares_the_memory_and_is_cut_to_what_there_is) {
    const Bytes bytes = Bytes::copy_of("0123456789");
    EXPECT_EQ(bytes.slice(2, 3).text(), "234");
    EXPECT_EQ(bytes.slice(2, 3).data(), bytes.data() + 2);
    EXPECT_EQ(bytes.slice(8, 100).text(), "89");
    EXPECT_EQ(bytes.slice(8, SIZE_MAX).text(), "89");
    EXPECT_TRUE(bytes.slice(11, 1).empty());
}

TEST(Bytes, a_slice_keeps_the_memory_alive) {
    Bytes slice;
    std::weak_ptr<const void> owner;
    {
        const Bytes whole = Bytes::copy_of("0123456789");
        owner = whole.owner();
        slice = whole.slice(4, 2);
    }
    EXPECT_FALSE(owner.expired());
    EXPECT_EQ(slice.text(), "45");
    slice = {};
    EXPECT_TRUE(owner.expired());
}

TEST(Loan, a_shrunk_loan_freezes_to_fewer_bytes) {
    const std::shared_ptr<std::byte[]> memory = std::make_shared<std::byte[]>(8);
    Loan<Bytes> loan{std::span{memory.get(), 8}, memory};
    loan.span()[0] = std::byte{7};
    loan.shrink(20);
    EXPECT_EQ(loan.size(), 8u);
    loan.shrink(1);
    const Bytes bytes = std::move(loan).freeze();
    ASSERT_EQ(bytes.size(), 1u);
    EXPECT_EQ(bytes.span()[0], std::byte{7});
}

}  // namespace
}  // namespace mycelium
