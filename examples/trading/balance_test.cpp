#include "balance.h"

#include <gtest/gtest.h>

#include "balance_text.h"

namespace trading {
namespace {

const Readership one_pair{{"source", "reader"}};

LedgerPage run_of(std::uint64_t id, std::uint64_t published, std::uint64_t intended) {
    LedgerPage page;
    page.service = "source";
    page.run = id;
    page.publisher = id;
    page.published = published;
    page.intended = intended;
    return page;
}

Receipt receipt_of(std::uint64_t origin, std::uint64_t first, std::uint64_t last,
                   std::uint64_t missed = 0,
                   std::size_t reason = static_cast<std::size_t>(mycelium::DropReason::peer_gone)) {
    Receipt receipt;
    receipt.origin = origin;
    receipt.first = first;
    receipt.last = last;
    receipt.received = last - first + 1 - missed;
    receipt.missed[reason] = missed;
    return receipt;
}

LedgerPage reader_of(std::vector<Receipt> receipts) {
    LedgerPage page;
    page.service = "reader";
    page.receipts = std::move(receipts);
    return page;
}

TEST(Balance, every_message_is_received_missed_or_came_while_the_reader_was_away) {
    const Balance balance =
        balance_of({run_of(1, 100, 100), run_of(2, 50, 50), reader_of({receipt_of(1, 3, 40, 5)}),
                    reader_of({receipt_of(1, 61, 90)}), reader_of({receipt_of(2, 1, 50)})},
                   one_pair);
    EXPECT_TRUE(balance.is_balanced()) << balance_text(balance);
    ASSERT_EQ(balance.rows.size(), 1u);
    const BalanceRow& row = balance.rows[0];
    EXPECT_EQ(row.runs, 2u);
    EXPECT_EQ(row.published, 150u);
    EXPECT_EQ(row.received, 33u + 30u + 50u);
    EXPECT_EQ(row.missed_total(), 5u);
    EXPECT_EQ(row.away_before, 2u);
    EXPECT_EQ(row.away_between, 20u);
    EXPECT_EQ(row.away_after, 10u);
    EXPECT_EQ(row.published, row.received + row.missed_total() + row.away());
}

TEST(Balance, who_was_never_there_was_away) {
    const Balance balance = balance_of({run_of(1, 7, 7)}, one_pair);
    EXPECT_TRUE(balance.is_balanced());
    EXPECT_EQ(balance.rows.at(0).away(), 7u);
}

TEST(Balance, the_end_of_a_run_is_missed_where_the_reader_has_heard_of_a_later_one) {
    const Balance balance = balance_of({run_of(1, 100, 100), run_of(2, 50, 50), run_of(3, 7, 7),
                                        reader_of({receipt_of(1, 1, 90), receipt_of(3, 1, 5)})},
                                       one_pair);
    EXPECT_TRUE(balance.is_balanced()) << balance_text(balance);
    const BalanceRow& row = balance.rows.at(0);
    EXPECT_EQ(row.missed[ledger_publisher_gone], 10u + 50u) << "all of the second run, too";
    EXPECT_EQ(balance.missed()[ledger_publisher_gone], 60u);
    EXPECT_EQ(row.away_after, 2u) << "of the last one nobody knows";
    EXPECT_EQ(row.away(), 2u);
    EXPECT_EQ(row.published, row.received + row.missed_total() + row.away());
}

TEST(Balance, the_end_of_a_run_is_not_missed_by_a_run_that_began_later) {
    const Balance balance =
        balance_of({run_of(1, 100, 100), run_of(2, 50, 50), reader_of({receipt_of(1, 1, 90)}),
                    reader_of({receipt_of(2, 1, 50)})},
                   one_pair);
    EXPECT_EQ(balance.rows.at(0).missed_total(), 0u);
    EXPECT_EQ(balance.rows.at(0).away_after, 10u);
}

TEST(Balance, a_publisher_is_counted_once_however_many_read_it) {
    const Balance balance =
        balance_of({run_of(1, 100, 100)}, {{"source", "reader"}, {"source", "other"}});
    EXPECT_EQ(balance.published(), 100u);
}

TEST(Balance, of_what_another_host_publishes_only_received_and_missed_are_known) {
    const Balance balance = balance_of({reader_of({receipt_of(8, 3, 40, 5), receipt_of(9, 1, 10)})},
                                       one_pair, {"source"});
    EXPECT_TRUE(balance.is_balanced()) << balance_text(balance);
    EXPECT_TRUE(balance.is_partial());
    ASSERT_EQ(balance.rows.size(), 1u);
    EXPECT_EQ(balance.rows[0].received, 43u);
    EXPECT_EQ(balance.missed()[static_cast<std::size_t>(mycelium::DropReason::peer_gone)], 5u);
    const std::string text = balance_text(balance);
    EXPECT_NE(text.find("elsewhere → reader         2            -           43        5        -"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("every message"), std::string::npos) << "that would be too much";
    const std::string json = balance_json(balance);
    EXPECT_NE(json.find(R"("is_partial":true)"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("publisher":"elsewhere","reader":"reader","runs":2,"published":null,)"
                        R"("received":43,"missed":5)"),
              std::string::npos)
        << json;
    EXPECT_NE(json.find(R"("away_after":null)"), std::string::npos) << json;
}

TEST(Balance, of_what_is_read_on_another_host_only_published_is_known) {
    const Balance balance = balance_of({run_of(1, 7, 9)}, one_pair, {"reader"});
    EXPECT_TRUE(balance.is_partial());
    EXPECT_NE(balance_json(balance).find(R"("runs":1,"published":7,"received":null,"missed":null)"),
              std::string::npos)
        << balance_json(balance);
}

TEST(Balance, one_killed_while_it_published_has_published_what_was_received) {
    const Balance balance =
        balance_of({run_of(1, 10, 15), reader_of({receipt_of(1, 1, 12)})}, one_pair);
    EXPECT_TRUE(balance.is_balanced()) << balance_text(balance);
    EXPECT_EQ(balance.rows.at(0).published, 12u);
}

struct Wrong {
    const char* name;
    std::vector<LedgerPage> pages;
    const char* said;
};

TEST(Balance, what_does_not_fit_is_told) {
    Receipt short_of_one = receipt_of(1, 1, 10);
    --short_of_one.received;
    LedgerPage overfull = reader_of({});
    overfull.is_overfull = true;
    const Wrong wrongs[] = {
        {"beyond", {run_of(1, 10, 10), reader_of({receipt_of(1, 1, 11)})}, "only 10 published"},
        {"twice",
         {run_of(1, 10, 10), reader_of({receipt_of(1, 1, 6)}), reader_of({receipt_of(1, 6, 10)})},
         "6 to 10 was received twice"},
        {"short", {run_of(1, 10, 10), reader_of({short_of_one})}, "is not 9 received"},
        {"unexplained",
         {run_of(1, 10, 10), reader_of({receipt_of(1, 1, 10, 2, ledger_unexplained)})},
         "2 of 1 to 10 are missing for no reason"},
        {"a stranger",
         {run_of(1, 10, 10), reader_of({receipt_of(1, 1, 10), receipt_of(2, 1, 10)})},
         "reader: it has received 1 to 10 of a publisher that has no page"},
        {"overfull", {overfull}, "no room"},
    };
    for (const Wrong& wrong : wrongs) {
        const Balance balance = balance_of(wrong.pages, one_pair);
        EXPECT_FALSE(balance.is_balanced()) << wrong.name;
        EXPECT_NE(balance_text(balance).find(wrong.said), std::string::npos)
            << balance_text(balance);
        EXPECT_NE(balance_json(balance).find("\"is_balanced\":false"), std::string::npos);
    }
}

TEST(Balance, as_json_it_names_reasons) {
    const Balance balance =
        balance_of({run_of(1, 10, 10), reader_of({receipt_of(1, 2, 9, 3)})}, one_pair);
    EXPECT_EQ(balance_json(balance),
              R"({"is_balanced":true,"is_partial":false,"all_published":10,"faults":[],"rows":[)"
              R"({"publisher":"source","reader":"reader","runs":1,"published":10,"received":5,)"
              R"("missed":3,"missed_by":{"peer_gone":3},"away_before":1,"away_between":0,)"
              R"("away_after":1}]})");
}

}  // namespace
}  // namespace trading
