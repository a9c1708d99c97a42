// compatible_descriptions: may two types meet, and if not, where do they part?
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/codec/description.h"
#include "core/codec/type_table.h"

namespace mycelium::codec {
namespace {

/// Compares two tables pair of types by pair of types, outermost first. Each pair is compared once,
/// so recursive types end.
class Comparison {
public:
    Comparison(const TypeTable& ours, const TypeTable& theirs) noexcept
        : ours_(ours), theirs_(theirs) {}

    Result<void> run() {
        expect(0, 0, {});
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            auto wrong = compare(i);
            if (!wrong.empty()) return Error{Errc::mismatch, where(i) + wrong};
        }
        return {};
    }

private:
    // Two types that must agree, and the member of an earlier pair that says so.
    struct Pair {
        std::uint32_t ours;
        std::uint32_t theirs;
        std::size_t parent;
        std::string member;
    };

    void expect(std::uint32_t ours, std::uint32_t theirs, std::string member) {
        if (seen_.emplace(ours, theirs).second)
            pairs_.push_back({ours, theirs, current_, std::move(member)});
    }
    std::string where(std::size_t index) const {
        std::string path;
        for (; index != 0; index = pairs_[index].parent) path = pairs_[index].member + ": " + path;
        return path;
    }

    std::string compare(std::size_t index) {
        current_ = index;
        const TypeBlock& ours = ours_.block(pairs_[index].ours);
        const TypeBlock& theirs = theirs_.block(pairs_[index].theirs);
        if (ours.form != theirs.form || ours.name != theirs.name ||
            ours.tlv_type != theirs.tlv_type)
            return differ(title(ours), title(theirs));
        if (ours.is_opaque || theirs.is_opaque)
            return "the two " + std::string{ours.name} +
                   " differ, and one is too large for saying where";
        return ours.form == Form::fields ? compare_fields(ours, theirs)
                                         : compare_packed(ours, theirs);
    }
    // Numbers may be added and dropped; what both have must be of one kind. Names may change.
    std::string compare_fields(const TypeBlock& ours, const TypeBlock& theirs) {
        for (const TypeMember& member : ours.members) {
            const TypeMember* other = theirs.member_numbered(member.number);
            if (!other) continue;
            const auto name =
                "field " + std::to_string(member.number) + " '" + std::string{member.name} + "'";
            if (!same(member.kind, other->kind, name))
                return name + ": " +
                       differ(ours_.text_of(member.kind), theirs_.text_of(other->kind));
        }
        return {};
    }
    // Of the same members in the same places.
    std::string compare_packed(const TypeBlock& ours, const TypeBlock& theirs) {
        const std::size_t count = std::max(ours.members.size(), theirs.members.size());
        for (std::size_t i = 0; i < count; ++i) {
            if (i == ours.members.size() || i == theirs.members.size()) {
                const bool is_ours = i < ours.members.size();
                const TypeMember& member = is_ours ? ours.members[i] : theirs.members[i];
                const std::string text = "'" + std::string{member.name} + "' " +
                                         (is_ours ? ours_ : theirs_).text_of(member.kind);
                return "byte " + std::to_string(member.number) + ": " +
                       (is_ours ? differ(text, "nothing") : differ("nothing", text));
            }
            const TypeMember& member = ours.members[i];
            const TypeMember& other = theirs.members[i];
            const auto name = "member '" + std::string{member.name} + "' at byte " +
                              std::to_string(member.number);
            if (member.name != other.name) return name + ": " + differ(member.name, other.name);
            if (!same(member.kind, other.kind, name))
                return name + ": " +
                       differ(ours_.text_of(member.kind), theirs_.text_of(other.kind));
        }
        return {};
    }
    // Of types inside it is only noted here that they must agree.
    bool same(std::uint32_t our_index, std::uint32_t their_index, const std::string& member) {
        const TypeKind& ours = ours_.kind(our_index);
        const TypeKind& theirs = theirs_.kind(their_index);
        if (ours.shape != theirs.shape || ours.count != theirs.count) return false;
        switch (ours.shape) {
            case Shape::type:
                expect(ours.type, theirs.type, member);
                return true;
            case Shape::map:
                return same(ours.key, theirs.key, member) &&
                       same(ours.element, theirs.element, member);
            case Shape::list:
            case Shape::fixed:
                return same(ours.element, theirs.element, member);
            default:
                return true;
        }
    }

    static std::string title(const TypeBlock& block) {
        std::string text = std::string{name_of(block.form)} + " " + std::string{block.name};
        if (block.form == Form::tlv) text += " number " + std::to_string(block.tlv_type);
        return text;
    }
    static std::string differ(std::string_view ours, std::string_view theirs) {
        return "ours " + std::string{ours} + ", theirs " + std::string{theirs};
    }

    const TypeTable& ours_;
    const TypeTable& theirs_;
    std::vector<Pair> pairs_;
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen_;
    std::size_t current_ = 0;
};

Result<TypeTable> parsed(std::string_view text, std::string_view whose) {
    auto table = TypeTable::parse(text);
    if (!table) return std::move(table).error().context(whose);
    return table;
}

}  // namespace

Result<void> compatible_descriptions(std::string_view ours, std::string_view theirs) {
    if (ours == theirs) return {};
    MYCELIUM_TRY_ASSIGN(const TypeTable our_table, parsed(ours, "our type"));
    MYCELIUM_TRY_ASSIGN(const TypeTable their_table, parsed(theirs, "their type"));
    return Comparison{our_table, their_table}.run();
}

}  // namespace mycelium::codec
