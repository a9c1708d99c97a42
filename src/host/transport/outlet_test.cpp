// Who holds what of a loan that is being published.
#include "host/transport/outlet.h"

#include <gtest/gtest.h>

#include <vector>

#include <mycelium/pubsub.h>

namespace mycelium::transport {
namespace {

struct Ends {
    std::shared_ptr<OutletReader> subscribe() {
        wire::Hello wishes;
        wishes.pattern = wire::Pattern::subscriber;
        return outlet->subscribe(outlet->next_sequence(), wishes).value();
    }
    /// A loan as it is published, owned by nobody else.
    Payload lent() { return payload_of(pool->lend(1 * MiB).value().freeze()); }
    bool admits(const Payload& payload) {
        return outlet->admits(sequence, 1, payload.bytes.size(), record_bytes);
    }
    /// What prepare_lent() has prepared.
    void publish_prepared() {
        Header header;
        header.sequence = sequence;
        outlet->begin(1, record_bytes);
        outlet->append_prepared(header);
        outlet->commit();
    }
    void publish_while_one_leaves(OutletReader& leaves) {
        const Payload payload = lent();
        ASSERT_TRUE(admits(payload));
        ASSERT_TRUE(outlet->prepare_lent(payload, true));
        outlet->unsubscribe(leaves, {});
        publish_prepared();
    }

    static constexpr std::uint64_t sequence = 1;
    static constexpr std::size_t record_bytes = 64;
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
    EXPECT_TRUE(ends.outlet->prepare_lent(ends.lent(), true));
}

TEST(Outlet, a_loan_that_others_share_stays_used_until_they_let_go) {
    Ends ends;
    const auto reader = ends.subscribe();
    Payload shared = ends.lent();
    ASSERT_TRUE(ends.admits(shared));
    {
        const Payload payload = shared;
        ASSERT_TRUE(ends.outlet->prepare_lent(payload, true));
    }
    ends.publish_prepared();
    ends.outlet->unsubscribe(*reader, {});
    EXPECT_NE(ends.pool->used_bytes(), 0u) << "it is still in our hands";
    shared = {};
    EXPECT_EQ(ends.pool->used_bytes(), 0u);
}

TEST(Outlet, a_loan_that_is_not_given_stays_its_owners) {
    Ends ends;
    const auto reader = ends.subscribe();
    const Payload kept = ends.lent();
    ASSERT_TRUE(ends.admits(kept));
    ASSERT_TRUE(ends.outlet->prepare_lent(kept, false));
    ends.publish_prepared();
    ends.outlet->unsubscribe(*reader, {});
    EXPECT_NE(ends.pool->used_bytes(), 0u);
}

TEST(Outlet, bytes_that_a_loans_owner_merely_keeps_alive_are_no_part_of_it) {
    Ends ends;
    const auto reader = ends.subscribe();
    Payload payload = ends.lent();
    std::vector<std::byte> elsewhere(1 * MiB);
    payload.bytes = elsewhere;
    ASSERT_TRUE(ends.admits(payload));
    EXPECT_FALSE(ends.outlet->prepare_lent(payload, true));
}

}  // namespace
}  // namespace mycelium::transport
