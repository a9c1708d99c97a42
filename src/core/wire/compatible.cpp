// May two ports be linked? The judgement of a handshake.
#include <string>
#include <string_view>

#include "core/codec/description.h"
#include "core/wire/hello.h"
#include "core/wire/names.h"

namespace mycelium::wire {
namespace {

std::string node_of(const Hello& hello) {
    return hello.node.empty() ? "a node without a name" : "node '" + hello.node + "'";
}

std::string type_of(const TypeInfo& type) {
    if (type.form == Form::bytes) return "raw bytes";
    return std::string{name_of(type.form)} + " type '" + type.name + "'";
}

Error different(const TypeInfo& ours, const TypeInfo& theirs) {
    return {Errc::mismatch, "ours is " + type_of(ours) + ", theirs is " + type_of(theirs)};
}

Result<void> compatible_types(const TypeInfo& ours, const TypeInfo& theirs) {
    if (ours.form == Form::any || theirs.form == Form::any) return {};
    if (ours.form != theirs.form) return different(ours, theirs);
    if (ours.form == Form::bytes) return {};
    // Local types have no description: where both ends are in one process, the transport compares
    // their identity.
    if (ours.form == Form::local)
        return ours.name == theirs.name ? Result<void>{} : different(ours, theirs);
    if (ours.fingerprint == theirs.fingerprint) return {};
    if (theirs.description.empty() || ours.description.empty()) return different(ours, theirs);
    return codec::compatible_descriptions(ours.description, theirs.description);
}

Result<void> compatible_types(const Hello& ours, const Hello& theirs) {
    const bool is_call = ours.pattern == Pattern::requester || ours.pattern == Pattern::replier;
    if (auto agreed = compatible_types(ours.type, theirs.type); !agreed)
        return std::move(agreed).error().context(is_call ? "question" : "message");
    if (!is_call) return {};
    if (auto agreed = compatible_types(ours.answer, theirs.answer); !agreed)
        return std::move(agreed).error().context("answer");
    return {};
}

}  // namespace

Result<void> compatible(const Hello& ours, const Hello& theirs) {
    const Pattern expected = counterpart(ours.pattern);
    if (theirs.pattern != expected)
        return Error{Errc::mismatch,
                     "a " + std::string{name_of(ours.pattern)} + " of " + node_of(ours) +
                         " needs a " + std::string{name_of(expected)} + ", and " + node_of(theirs) +
                         " has a " + std::string{name_of(theirs.pattern)} + " there"};
    if (auto agreed = compatible_types(ours, theirs); !agreed)
        return std::move(agreed).error().context(node_of(ours) + " and " + node_of(theirs) +
                                                 " disagree on the type");
    return {};
}

}  // namespace mycelium::wire
