#include <gtest/gtest.h>

#include <mycelium/codec.h>

#include <cstdint>
#include <string>

#include "core/wire/hello.h"

namespace mycelium::wire {
namespace {

struct Order {
    std::string symbol;
    std::int64_t quantity = 0;
};
MYCELIUM_FIELDS(Order, (1, symbol), (2, quantity));

struct Reading {
    std::uint64_t sequence;
    double celsius;
};
MYCELIUM_FLAT(Reading, sequence, celsius);

namespace later {
struct Order {
    std::string symbol;
    std::int64_t quantity = 0;
    std::string comment;
};
MYCELIUM_FIELDS(Order, (1, symbol), (2, quantity), (3, comment));
struct Reading {
    std::uint64_t sequence;
    std::uint64_t kelvin;
};
MYCELIUM_FLAT(Reading, sequence, kelvin);
}  // namespace later

namespace other {
struct Order {
    std::string symbol;
    std::string quantity;
};
MYCELIUM_FIELDS(Order, (1, symbol), (2, quantity));
}  // namespace other

Hello port(Pattern pattern, std::string node, TypeInfo type, TypeInfo answer = {}) {
    Hello hello;
    hello.pattern = pattern;
    hello.node = std::move(node);
    hello.type = std::move(type);
    hello.answer = std::move(answer);
    return hello;
}

template <class T>
TypeInfo type_of() {
    return TypeInfo::of(schema_of<T>());
}

TypeInfo of_form(Form form, std::string name = {}) { return {form, std::move(name), {}, 0}; }

/// Of a publisher of `ours` that a subscriber of `theirs` dials; empty: they may be linked.
std::string refusal(TypeInfo ours, TypeInfo theirs) {
    const auto agreed = compatible(port(Pattern::publisher, "a", std::move(ours)),
                                   port(Pattern::subscriber, "b", std::move(theirs)));
    if (agreed) return {};
    EXPECT_TRUE(agreed.error() == Errc::mismatch) << agreed.error().to_string();
    return agreed.error().message();
}

TEST(Compatible, every_pattern_needs_its_counterpart) {
    for (const Pattern ours :
         {Pattern::publisher, Pattern::subscriber, Pattern::requester, Pattern::replier})
        for (const Pattern theirs :
             {Pattern::publisher, Pattern::subscriber, Pattern::requester, Pattern::replier})
            EXPECT_EQ(compatible(port(ours, "a", {}), port(theirs, "b", {})).ok(),
                      theirs == counterpart(ours));
}

TEST(Compatible, a_wrong_pattern_is_explained_with_both_nodes) {
    const auto agreed =
        compatible(port(Pattern::subscriber, "a", {}), port(Pattern::replier, "b", {}));
    ASSERT_FALSE(agreed);
    EXPECT_TRUE(agreed.error() == Errc::mismatch);
    EXPECT_EQ(agreed.error().message(),
              "a subscriber of node 'a' needs a publisher, and node 'b' has a replier there");
}

TEST(Compatible, any_accepts_every_type) {
    for (const Form form : {Form::local, Form::flat, Form::tlv, Form::fields, Form::bytes}) {
        EXPECT_EQ(refusal(of_form(Form::any), of_form(form, "T")), "");
        EXPECT_EQ(refusal(of_form(form, "T"), of_form(Form::any)), "");
    }
}

TEST(Compatible, equal_types_agree) {
    EXPECT_EQ(refusal(type_of<Order>(), type_of<Order>()), "");
    EXPECT_EQ(refusal(type_of<Reading>(), type_of<Reading>()), "");
    EXPECT_EQ(refusal(of_form(Form::bytes), of_form(Form::bytes)), "");
}

TEST(Compatible, an_equal_fingerprint_needs_no_description) {
    TypeInfo brief = type_of<Order>();
    brief.description.clear();
    EXPECT_EQ(refusal(type_of<Order>(), brief), "");
    brief.fingerprint ^= 1;
    EXPECT_NE(refusal(type_of<Order>(), brief), "");
}

TEST(Compatible, other_forms_do_not_agree) {
    const std::string reason = refusal(of_form(Form::bytes), type_of<Reading>());
    EXPECT_NE(reason.find("node 'a' and node 'b' disagree"), std::string::npos) << reason;
    EXPECT_NE(reason.find("ours is raw bytes, theirs is flat type 'Reading'"), std::string::npos)
        << reason;
    EXPECT_NE(refusal(type_of<Order>(), type_of<Reading>()), "");
}

TEST(Compatible, fields_may_be_added_but_not_change_their_kind) {
    EXPECT_EQ(refusal(type_of<Order>(), type_of<later::Order>()), "");
    const std::string reason = refusal(type_of<Order>(), type_of<other::Order>());
    EXPECT_NE(reason.find("quantity"), std::string::npos) << reason;
    EXPECT_EQ(reason.find("symbol"), std::string::npos) << "the first that differs: " << reason;
}

TEST(Compatible, flat_types_must_be_equal) {
    EXPECT_NE(refusal(type_of<Reading>(), type_of<later::Reading>()).find("celsius"),
              std::string::npos);
}

TEST(Compatible, local_types_agree_by_name) {
    EXPECT_EQ(refusal(of_form(Form::local, "T"), of_form(Form::local, "T")), "");
    EXPECT_NE(refusal(of_form(Form::local, "T"), of_form(Form::local, "U")), "");
}

TEST(Compatible, question_and_answer_are_both_judged) {
    const auto requester = [](TypeInfo question, TypeInfo answer) {
        return port(Pattern::requester, "a", std::move(question), std::move(answer));
    };
    const Hello replier = port(Pattern::replier, "b", type_of<Order>(), type_of<Reading>());
    EXPECT_TRUE(compatible(requester(type_of<Order>(), type_of<Reading>()), replier));
    const auto question = compatible(requester(type_of<Reading>(), type_of<Reading>()), replier);
    ASSERT_FALSE(question);
    EXPECT_NE(question.error().message().find("question"), std::string::npos);
    const auto answer = compatible(requester(type_of<Order>(), type_of<Order>()), replier);
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message().find("answer"), std::string::npos);
}

TEST(Compatible, a_description_that_is_none_is_refused) {
    TypeInfo lie = type_of<Order>();
    lie.description = "nonsense";
    lie.fingerprint = 1;
    EXPECT_FALSE(compatible(port(Pattern::publisher, "a", type_of<Order>()),
                            port(Pattern::subscriber, "b", lie)));
}

}  // namespace
}  // namespace mycelium::wire
