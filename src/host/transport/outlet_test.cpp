// Who holds what of a loan that is being published.
#include "host/transport/outlet.h"

#include <gtest/gtest.h>

namespace mycelium::transport {
namespace {

/// A loan as it is published, owned by nobody else.
Payload payload_of(Loan<Bytes> loan) {
    Payload payload;
    payload.bytes = loan.span();
    payload.has_bytes = true;
    payload.owner = std::move(loan).freeze().owner();
    return payload;
}

struct Ends {
    std::shared_ptr<OutletReader> subscribe() {
        wire::Hello wishes;
        wishes.pattern = wire::Pattern::subscriber;
        return outlet->subscribe(outlet->next_sequence(), wishes).value();
    }
    void publish_while_one_leaves(OutletReader& leaves) {
        auto loan = pool->lend(1 * MiB).value();
        ASSERT_TRUE(outlet->admits(1, 1, loan.size(), 64));
        const Payload payload = payload_of(std::move(loan));
        ASSERT_TRUE(outlet->prepare_lent(payload, true));
        outlet->unsubscribe(leaves, {});
        Header header;
        header.sequence = 1;
        outlet->begin(1, 64);
        outlet->append_prepared(header);
        outlet->commit();
    }
    std::shared_ptr<memory::SharedPool> pool = std::make_shared<memory::SharedPool>(64 * MiB);
    std::shared_ptr<Outlet> outlet = Outlet::create(64 * KiB, {}, pool).value();
};

TEST(Outlet, a_reader_that_leaves_while_a_loan_is_being_published_holds_nothing_of_it) {
    Ends ends;
    const auto stays = ends.subscribe();
    const auto leaves = ends.subscribe();
    ends.publish_while_one_leaves(*leaves);
    EXPECT_EQ(ends.outlet->loans_held(*leaves), 0u);
    EXPECT_EQ(ends.outlet->loans_held(*stays), 1u);
    EXPECT_NE(ends.pool->used_bytes(), 0u);
    ends.outlet->unsubscribe(*stays, {});
    EXPECT_EQ(ends.pool->used_bytes(), 0u);
}

TEST(Outlet, a_loan_that_nobody_is_left_to_read_is_free_again) {
    Ends ends;
    const auto leaves = ends.subscribe();
    ends.publish_while_one_leaves(*leaves);
    EXPECT_EQ(ends.pool->used_bytes(), 0u);
    const auto next = ends.subscribe();
    EXPECT_TRUE(ends.outlet->prepare_lent(payload_of(ends.pool->lend(1 * MiB).value()), true));
}

TEST(Outlet, a_loan_that_others_share_stays_used_until_they_let_go) {
    Ends ends;
    const auto reader = ends.subscribe();
    Payload shared = payload_of(ends.pool->lend(1 * MiB).value());
    ASSERT_TRUE(ends.outlet->admits(1, 1, shared.bytes.size(), 64));
    {
        const Payload payload = shared;
        ASSERT_TRUE(ends.outlet->prepare_lent(payload, true));
    }
    Header header;
    header.sequence = 1;
    ends.outlet->begin(1, 64);
    ends.outlet->append_prepared(header);
    ends.outlet->commit();
    ends.outlet->unsubscribe(*reader, {});
    EXPECT_NE(ends.pool->used_bytes(), 0u) << "it is still in our hands";
    shared = {};
    EXPECT_EQ(ends.pool->used_bytes(), 0u);
}

}  // namespace
}  // namespace mycelium::transport
