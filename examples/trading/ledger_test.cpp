#include "ledger.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace trading {
namespace {

class LedgerTest : public testing::Test {
protected:
    LedgerTest() {
        std::string pattern = std::filesystem::temp_directory_path() / "trading-ledger-XXXXXX";
        if (mkdtemp(pattern.data())) folder_ = pattern;
    }
    ~LedgerTest() override { std::filesystem::remove_all(folder_); }
    std::vector<LedgerPage> pages() const { return Ledger::read(folder_).value(); }

    std::string folder_;
};

Receipt receipt_of(std::uint64_t origin, std::uint64_t first, std::uint64_t last) {
    Receipt receipt;
    receipt.origin = origin;
    receipt.first = first;
    receipt.last = last;
    receipt.received = last - first + 1;
    return receipt;
}

TEST_F(LedgerTest, a_page_says_what_was_written) {
    {
        Ledger ledger = Ledger::open(folder_, "strategy").value();
        ledger.begin_publisher(77);
        ledger.intend(10);
        ledger.confirm(10);
        ledger.intend(5);
        ledger.note(receipt_of(1, 1, 10));
        ledger.note(receipt_of(2, 5, 6));
        ledger.note(receipt_of(1, 1, 20));
    }
    const auto all = pages();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].service, "strategy");
    EXPECT_EQ(all[0].publisher, 77u);
    EXPECT_EQ(all[0].published, 10u);
    EXPECT_EQ(all[0].intended, 15u);
    ASSERT_EQ(all[0].receipts.size(), 2u);
    EXPECT_EQ(all[0].receipts[0].last, 20u);
    EXPECT_EQ(all[0].receipts[1].first, 5u);
    EXPECT_FALSE(all[0].is_overfull);
}

TEST_F(LedgerTest, every_run_has_a_page_of_its_own) {
    EXPECT_EQ(Ledger::runs(folder_, "pools"), 0u);
    { const auto first = Ledger::open(folder_, "pools"); }
    { const auto other = Ledger::open(folder_, "coinbase"); }
    { const auto second = Ledger::open(folder_, "pools"); }
    EXPECT_EQ(Ledger::runs(folder_, "pools"), 2u);
    const auto all = pages();
    ASSERT_EQ(all.size(), 3u);
    std::uint64_t runs_of_pools = 0;
    for (const LedgerPage& page : all)
        if (page.service == "pools") runs_of_pools += page.run;
    EXPECT_EQ(runs_of_pools, 1u + 2u);
}

TEST_F(LedgerTest, outlives_a_process_that_is_killed) {
    const pid_t child = fork();
    if (child == 0) {
        auto ledger = Ledger::open(folder_, "doomed");
        ledger->intend(3);
        ledger->confirm(3);
        ledger->note(receipt_of(9, 1, 4));
        raise(SIGKILL);
    }
    waitpid(child, nullptr, 0);
    const auto all = pages();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].published, 3u);
    EXPECT_EQ(all[0].receipts.at(0).last, 4u);
}

TEST_F(LedgerTest, more_publishers_than_it_has_room_for_are_told) {
    {
        Ledger ledger = Ledger::open(folder_, "strategy").value();
        for (std::uint64_t i = 1; i <= Ledger::receipts_max + 1; ++i)
            ledger.note(receipt_of(i, 1, 1));
    }
    EXPECT_EQ(pages().at(0).receipts.size(), Ledger::receipts_max);
    EXPECT_TRUE(pages()[0].is_overfull);
}

TEST_F(LedgerTest, what_is_no_page_is_passed_over) {
    std::ofstream{folder_ + "/short.ledger"} << "x";
    std::ofstream{folder_ + "/other"} << "x";
    EXPECT_TRUE(pages().empty());
}

TEST_F(LedgerTest, a_folder_that_is_not_there_is_an_error) {
    EXPECT_FALSE(Ledger::open(folder_ + "/nowhere", "strategy"));
    EXPECT_FALSE(Ledger::read(folder_ + "/nowhere"));
}

}  // namespace
}  // namespace trading
