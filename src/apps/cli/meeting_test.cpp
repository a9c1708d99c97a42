#include "apps/cli/meeting.h"

#include <gtest/gtest.h>

namespace mycelium::cli {
namespace {

Event refused(Errc code, std::string message, std::string peer = {}) {
    const std::string reason = Error{code, std::move(message)}.to_string();
    return {Event::Kind::refused, "unix://@x", std::move(peer), std::nullopt, reason, code};
}

TEST(Meeting, a_refusal_is_told_with_who_and_why) {
    const auto refusal = refusal_of(refused(Errc::mismatch, "message: ours is raw bytes", "clock"));
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->text(), "unix://@x (clock): refused: mismatch: message: ours is raw bytes");
    EXPECT_EQ(refusal->error().message(), refusal->text());
    EXPECT_TRUE(refusal->is_lasting);
    EXPECT_FALSE(refusal->is_url_wrong);
    EXPECT_FALSE(
        refusal_of(Event{Event::Kind::connected, "unix://@x", "clock", {}, "", {}, 1, {}}));
}

TEST(Meeting, what_may_pass_is_not_lasting) {
    EXPECT_FALSE(refusal_of(refused(Errc::overloaded, "too many links"))->is_lasting);
    EXPECT_FALSE(refusal_of(refused(Errc::overloaded, "denied: x"))->is_lasting);
}

TEST(Meeting, a_url_that_cannot_be_dialled_is_invalid_before_anybody_is_met) {
    EXPECT_TRUE(refusal_of(refused(Errc::invalid, "too long"))->is_url_wrong);
    EXPECT_EQ(refusal_of(refused(Errc::invalid, "too long"))->error().message(),
              "unix://@x: too long");
    EXPECT_FALSE(refusal_of(refused(Errc::invalid, "a wrong hello", "peer"))->is_url_wrong);
    EXPECT_TRUE(is_of_wrong_url("unix://@x: invalid: too long"));
    EXPECT_FALSE(is_of_wrong_url("unix://@x (peer): denied: invalid: x"));
}

TEST(Meeting, the_reason_stands_behind_the_urls) {
    const std::vector<std::string> one{"tcp://a:1"};
    const auto why = [](std::string text, const std::vector<std::string>& urls) {
        return why_nobody(Error{Errc::timeout, std::move(text)}, urls);
    };
    EXPECT_EQ(why("0 of 1 peers: no publisher at tcp://a:1: the host a: unknown", one),
              ": the host a: unknown");
    EXPECT_EQ(why("0 of 1 peers: no publisher at tcp://a:1", one), "");
    EXPECT_EQ(
        why("0 of 1 peers: no publisher at tcp://a:1 tcp://b:2: x", {"tcp://a:1", "tcp://b:2"}),
        ": x");
    EXPECT_EQ(why("the node has stopped", one), "");
    EXPECT_EQ(why("", {}), "");
}

}  // namespace
}  // namespace mycelium::cli
