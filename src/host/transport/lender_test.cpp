// Both ends of what a link lends, without the link between them.
#include "host/transport/lender.h"

#include <gtest/gtest.h>

#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <thread>

#include <mycelium/limits.h>

#include "host/os/child.h"
#include "host/transport/borrower.h"

namespace mycelium::transport {
namespace {

constexpr std::size_t large = 100 * KiB;

os::Fd duplicate(int fd) { return os::Fd::adopt(::dup(fd)); }

wire::Hello reader_of(std::uint64_t messages, std::uint64_t bytes) {
    wire::Hello hello;
    hello.pattern = wire::Pattern::subscriber;
    hello.queue_messages_max = messages;
    hello.queue_bytes_max = bytes;
    return hello;
}

struct Ends {
    explicit Ends(std::uint64_t messages = 1000, std::uint64_t bytes = 64 * MiB)
        : lender(Lender::create(pool, reader_of(messages, bytes), process).value()),
          borrower(Borrower::open(duplicate(lender->descriptor())).value()) {}

    Payload payload(std::size_t size = large) {
        auto loan = pool->lend(size).value();
        std::fill(loan.span().begin(), loan.span().end(), static_cast<std::byte>(next));
        const Bytes bytes = std::move(loan).freeze();
        Payload payload;
        payload.bytes = bytes.span();
        payload.has_bytes = true;
        payload.owner = bytes.owner();
        return payload;
    }
    void pass_news() {
        const Lender::News news = lender->news();
        for (const std::uint32_t number : news.gone) borrower->remove_segment(number);
        for (const auto& segment : news.fresh) {
            const os::SharedMemory& memory = segment->memory;
            ASSERT_TRUE(
                borrower->add_segment(segment->number, memory.size(), duplicate(memory.fd())));
            lender->mapped(segment->number);
        }
    }
    std::optional<Reference> lend() {
        const Payload one = payload();
        pass_news();
        auto reference = lender->lend(one, next);
        if (reference) ++next;
        return reference;
    }

    std::shared_ptr<memory::SharedPool> pool = std::make_shared<memory::SharedPool>(64 * MiB);
    os::Fd process = os::Fd::adopt(::eventfd(0, EFD_CLOEXEC));  // of nothing that ends
    std::shared_ptr<Lender> lender;
    std::unique_ptr<Borrower> borrower;
    std::uint64_t next = 1;
};

TEST(Lender, what_it_lends_is_read_where_it_lies_and_comes_back_with_the_last_sample) {
    Ends ends;
    const Reference reference = ends.lend().value();
    EXPECT_EQ(ends.pool->used_bytes(), 128 * KiB);
    auto held = ends.borrower->take(reference, 1);
    ASSERT_TRUE(held) << held.error().to_string();
    EXPECT_EQ(held->size(), large);
    EXPECT_EQ(held->span().back(), std::byte{1});
    Bytes copy = *held;
    held = Bytes{};
    ends.lender->collect();
    EXPECT_EQ(ends.pool->used_bytes(), 128 * KiB) << "a sample still shares it";
    copy = {};
    ends.lender->collect();
    EXPECT_EQ(ends.pool->used_bytes(), 0u);
    EXPECT_EQ(ends.lender->loans_held(), 0u);
}

TEST(Lender, nothing_is_lent_before_the_reader_says_that_it_has_mapped_it) {
    Ends ends;
    const Payload payload = ends.payload();
    EXPECT_FALSE(ends.lender->lend(payload, 1)) << "nobody was told";
    const Lender::News news = ends.lender->news();
    ASSERT_EQ(news.fresh.size(), 1u);
    EXPECT_FALSE(ends.lender->has_news());
    EXPECT_FALSE(ends.lender->lend(payload, 1)) << "nobody has answered";
    ends.lender->mapped(news.fresh[0]->number + 1);
    EXPECT_FALSE(ends.lender->lend(payload, 1)) << "the answer is of another one";
    ends.lender->mapped(news.fresh[0]->number);
    EXPECT_TRUE(ends.lender->lend(payload, 1));
}

TEST(Lender, a_reader_that_does_not_answer_is_told_of_so_much_and_no_more) {
    Ends ends;
    ends.pool = std::make_shared<memory::SharedPool>(limits::loan_bytes_max);
    ends.lender = Lender::create(ends.pool, reader_of(1000, 64 * MiB), ends.process).value();
    constexpr std::size_t huge = limits::loan_bytes_max / 16;
    std::vector<memory::SharedPool::Chunk*> chunks;
    std::vector<std::uint32_t> told;
    for (int i = 0; i < 6; ++i) {
        chunks.push_back(ends.pool->take(huge).value());
        for (const auto& segment : ends.lender->news().fresh) told.push_back(segment->number);
    }
    EXPECT_EQ(told.size(), 4u);
    EXPECT_TRUE(ends.lender->has_news()) << "there is more to tell, later";
    ends.lender->mapped(told[0]);
    ends.lender->mapped(told[0]);
    EXPECT_EQ(ends.lender->news().fresh.size(), 1u);
    for (auto* const chunk : chunks) ends.pool->drop_user(*chunk);
}

TEST(Lender, bytes_of_other_memory_are_not_lent) {
    Ends ends;
    ASSERT_TRUE(ends.lend());
    const Bytes heap = Bytes::copy_of(std::string(large, 'x'));
    Payload payload;
    payload.bytes = heap.span();
    payload.owner = heap.owner();
    EXPECT_FALSE(ends.lender->lend(payload, ends.next));
    Payload unowned = ends.payload();
    unowned.owner.reset();
    EXPECT_FALSE(ends.lender->lend(unowned, ends.next));
}

TEST(Lender, segments_of_small_chunks_are_nobodys_news) {
    Ends ends;
    const Payload small = ends.payload(limits::copied_loan_bytes_max);
    EXPECT_TRUE(ends.lender->news().fresh.empty());
}

TEST(Lender, it_lends_as_much_as_the_readers_queue_may_hold_and_then_waits_until_some_is_taken) {
    Ends by_messages{2};
    const Reference first = by_messages.lend().value();
    ASSERT_TRUE(by_messages.lend());
    EXPECT_FALSE(by_messages.lend());
    const auto held = by_messages.borrower->take(first, 1).value();
    EXPECT_TRUE(by_messages.lend()) << "held is not on its way any more";

    Ends by_bytes{1000, 2 * large};
    ASSERT_TRUE(by_bytes.lend());
    ASSERT_TRUE(by_bytes.lend());
    EXPECT_FALSE(by_bytes.lend());
    by_bytes.lender->drop(1);
    EXPECT_TRUE(by_bytes.lend());

    Ends small_queue{1000, 1};
    EXPECT_TRUE(small_queue.lend()) << "a message larger than the queue passes alone";
    EXPECT_FALSE(small_queue.lend());
}

TEST(Lender, a_message_that_is_dropped_gives_its_memory_back) {
    Ends ends;
    ASSERT_TRUE(ends.lend());
    ASSERT_TRUE(ends.lend());
    ends.lender->drop(2);
    ends.lender->drop(7);
    EXPECT_EQ(ends.lender->loans_held(), 1u);
    ends.lender->drop(1);
    EXPECT_EQ(ends.pool->used_bytes(), 0u);
    EXPECT_EQ(ends.lend().value().size, large) << "and the next one passes";
}

TEST(Lender, when_the_link_ends_what_was_not_taken_comes_back_and_what_was_when_it_is_released) {
    Ends ends;
    const Reference first = ends.lend().value();
    const Reference second = ends.lend().value();
    auto held = ends.borrower->take(first, 1);
    ASSERT_TRUE(held);
    ends.lender->leave();
    EXPECT_EQ(ends.lender->loans_held(), 1u);
    EXPECT_FALSE(ends.lender->is_over());
    const auto late = ends.borrower->take(second, 2);
    ASSERT_FALSE(late) << "it is not its memory any more";
    EXPECT_EQ(late.error(), Errc::unavailable);
    EXPECT_EQ(held->span().back(), std::byte{1});
    held = Bytes{};
    ends.lender->collect();
    EXPECT_TRUE(ends.lender->is_over());
    EXPECT_EQ(ends.pool->used_bytes(), 0u);
}

TEST(Lender, what_a_dead_process_held_comes_back) {
    auto child = os::Child::start("exec sleep 1000").value();
    Ends ends;
    ends.process = duplicate(child.exited());
    ends.lender = Lender::create(ends.pool, reader_of(1000, 64 * MiB), ends.process).value();
    ends.borrower = Borrower::open(duplicate(ends.lender->descriptor())).value();
    const auto held = ends.borrower->take(ends.lend().value(), 1).value();
    ends.lender->leave();
    EXPECT_FALSE(ends.lender->is_over());
    child.kill();
    while (!child.try_wait()) std::this_thread::yield();
    ends.lender->collect();
    EXPECT_TRUE(ends.lender->is_over());
}

TEST(Lender, a_reader_that_lies_is_found_out_and_what_it_may_hold_stays_its_own) {
    Ends ahead;
    ASSERT_TRUE(ahead.lend());
    ASSERT_TRUE(ahead.borrower->lease().subscription->take(0, 77));
    ahead.lender->collect();
    ASSERT_TRUE(ahead.lender->fault());
    EXPECT_EQ(*ahead.lender->fault(), Errc::malformed);
    ahead.lender->leave();
    EXPECT_EQ(ahead.lender->loans_held(), 1u);
    EXPECT_FALSE(ahead.lend()) << "nor is anything lent to it";

    Ends wrong;
    const Reference reference = wrong.lend().value();
    EXPECT_TRUE(wrong.borrower->lease().subscription->release(reference.ticket + 1));
    wrong.lender->collect();
    EXPECT_TRUE(wrong.lender->fault());
}

TEST(Lender, those_whose_readers_have_left_with_something_are_bounded) {
    Ends ends;
    Lenders lenders;
    const auto open = [&] {
        return lenders.open(ends.pool, reader_of(1000, 64 * MiB), ends.process);
    };
    std::vector<Bytes> held;
    const Payload payload = ends.payload();
    for (int i = 0; i < 64; ++i) {
        const auto lender = open().value();
        ends.lender = lender;
        ends.borrower = Borrower::open(duplicate(lender->descriptor())).value();
        ends.pass_news();
        held.push_back(ends.borrower->take(lender->lend(payload, 1).value(), 1).value());
        lender->leave();
    }
    EXPECT_EQ(open().error(), Errc::overloaded);
    held.pop_back();
    lenders.collect();
    EXPECT_TRUE(open().ok());
}

TEST(Borrower, believes_nothing_that_a_publisher_says_of_its_memory) {
    Ends ends;
    const Reference good = ends.lend().value();
    const auto refuses = [&](Reference bad, const char* what) {
        const auto held = ends.borrower->hold(bad);
        EXPECT_FALSE(held.ok()) << what;
        if (!held) {
            EXPECT_EQ(held.error(), Errc::malformed) << what;
        }
    };
    Reference bad = good;
    bad.segment = 99;
    refuses(bad, "another segment");
    bad = good;
    bad.offset = UINT64_MAX;
    refuses(bad, "beyond the end");
    bad = good;
    bad.size = UINT64_MAX;
    refuses(bad, "too long");
    bad = good;
    bad.offset = 16 * MiB;
    refuses(bad, "from the end on");
    EXPECT_FALSE(ends.borrower->add_segment(good.segment, 4096, duplicate(0))) << "twice";
    EXPECT_TRUE(ends.borrower->take(good, 5).ok());
    EXPECT_EQ(ends.borrower->take(good, 5).error(), Errc::malformed) << "a message of the past";
    EXPECT_EQ(ends.borrower->take(good, UINT64_MAX).error(), Errc::malformed);
}

TEST(Borrower, what_is_parsed_is_copied_first) {
    memory::BlockPool blocks;
    const Bytes bytes = Bytes::copy_of("what another process could still change");
    for (const auto& [ours, theirs, is_copied] :
         {std::tuple{Form::bytes, Form::bytes, false}, std::tuple{Form::flat, Form::flat, false},
          std::tuple{Form::fields, Form::fields, true}, std::tuple{Form::tlv, Form::any, true},
          std::tuple{Form::any, Form::fields, true}, std::tuple{Form::any, Form::bytes, false}}) {
        const Bytes fit = fit_to_read(bytes, ours, theirs, blocks).value();
        EXPECT_EQ(fit, bytes);
        EXPECT_EQ(fit.data() != bytes.data(), is_copied);
    }
}

}  // namespace
}  // namespace mycelium::transport
