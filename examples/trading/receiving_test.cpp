#include "receiving.h"

#include <gtest/gtest.h>

namespace trading {
namespace {

using mycelium::DropReason;

class ReceivingTest : public testing::Test {
protected:
    void receive(std::uint64_t origin, std::uint64_t sequence) {
        mycelium::Message message;
        message.origin.id = origin;
        message.origin.sequence = sequence;
        message.missed = missed_;
        missed_ = {};
        receiving_.note(message);
    }
    /// Told with the next message.
    void lose(DropReason reason, std::uint64_t count) { missed_.add(reason, count); }
    std::uint64_t missed_by(std::size_t reason) const { return receiving_.missed_by()[reason]; }
    static std::size_t index(DropReason reason) { return static_cast<std::size_t>(reason); }

    Ledger ledger_ = Ledger::open("", "test").value();
    Receiving receiving_{ledger_};
    mycelium::Missed missed_;
};

TEST_F(ReceivingTest, nothing_is_missing_where_no_number_is) {
    receive(1, 1);
    receive(2, 1);
    receive(1, 2);
    EXPECT_EQ(receiving_.missed(), 0u);
    EXPECT_TRUE(receiving_.has_all_of(2));
    EXPECT_FALSE(receiving_.has_all_of(1)) << "there was one more publisher";
}

TEST_F(ReceivingTest, who_comes_late_has_not_all_and_misses_nothing) {
    receive(1, 5);
    EXPECT_EQ(receiving_.missed(), 0u);
    EXPECT_FALSE(receiving_.has_all_of(1));
}

TEST_F(ReceivingTest, a_gap_has_the_reason_that_the_port_tells) {
    receive(1, 1);
    lose(DropReason::queue_full, 3);
    receive(1, 5);
    EXPECT_EQ(missed_by(index(DropReason::queue_full)), 3u);
    EXPECT_EQ(receiving_.missed(), 3u);
}

TEST_F(ReceivingTest, what_is_told_with_anothers_message_explains_the_gap_that_shows_later) {
    receive(1, 1);
    receive(2, 1);
    lose(DropReason::peer_gone, 4);  // three of 1 and one of 2
    receive(2, 3);
    receive(1, 5);
    EXPECT_EQ(missed_by(index(DropReason::peer_gone)), 4u);
    EXPECT_EQ(missed_by(ledger_unexplained), 0u);
}

TEST_F(ReceivingTest, what_was_lost_before_the_relay_explains_its_publishers_gaps_alone) {
    receive(1, 1);
    receive(2, 1);
    lose(DropReason::upstream, 2);
    receive(1, 4);
    receive(2, 3);
    EXPECT_EQ(missed_by(index(DropReason::upstream)), 2u);
    EXPECT_EQ(missed_by(ledger_unexplained), 1u);
}

TEST_F(ReceivingTest, what_was_lost_with_a_relay_is_so) {
    receive(1, 1);
    receive(2, 1);
    receiving_.on_relay_gone();
    receive(1, 10);
    receive(1, 12);
    receive(2, 4);
    EXPECT_EQ(missed_by(ledger_relay_gone), 8u + 2u);
    EXPECT_EQ(missed_by(ledger_unexplained), 1u) << "12 came through the same relay as 10";
}

TEST_F(ReceivingTest, a_message_without_an_origin_is_passed_over) {
    receive(0, 77);
    EXPECT_TRUE(receiving_.has_all_of(0));
}

}  // namespace
}  // namespace trading
