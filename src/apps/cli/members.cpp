#include "apps/cli/members.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/nearest.h"
#include "core/codec/json_document.h"
#include "core/codec/type_table.h"

namespace mycelium::cli {

namespace {

/// Walks JSON along a table of types. Recursion is bounded by the document's depth.
class Checker {
public:
    Checker(const codec::TypeTable& types, std::span<const ExtraMember> extras)
        : types_(types), extras_(extras) {}

    Result<void> check(codec::JsonValue value, const codec::TypeBlock& block,
                       const std::string& place) const {
        return value.for_each_member(
            [&](std::string_view name, codec::JsonValue member) -> Result<void> {
                const std::string inner = place + (place.empty() ? "" : ".") + std::string{name};
                const std::size_t index = block.index_named(name);
                if (index < block.members.size())
                    return check(member, types_.kind(block.members[index].kind), inner);
                if (block.is_opaque || is_extra(block, name)) return {};
                return Error{Errc::malformed, "'" + inner + "': there is no such member" +
                                                  base::did_you_mean(name, names_of(block))};
            });
    }

private:
    Result<void> check(codec::JsonValue value, const codec::TypeKind& kind,
                       const std::string& place) const {
        switch (kind.shape) {
            case codec::Shape::type:
                return check(value, types_.block(kind.type), place);
            case codec::Shape::list:
            case codec::Shape::fixed: {
                std::size_t index = 0;
                return value.for_each_element([&](codec::JsonValue element) {
                    return check(element, types_.kind(kind.element),
                                 place + "[" + std::to_string(index++) + "]");
                });
            }
            case codec::Shape::map:
                return value.for_each_member([&](std::string_view name, codec::JsonValue element) {
                    return check(element, types_.kind(kind.element),
                                 place + "." + std::string{name});
                });
            default:
                return {};
        }
    }

    bool is_extra(const codec::TypeBlock& block, std::string_view name) const {
        return std::ranges::any_of(extras_, [&](const ExtraMember& extra) {
            return extra.type == block.name && extra.name == name;
        });
    }

    static std::vector<std::string> names_of(const codec::TypeBlock& block) {
        std::vector<std::string> names;
        for (const codec::TypeMember& member : block.members) names.emplace_back(member.name);
        return names;
    }

    const codec::TypeTable& types_;
    std::span<const ExtraMember> extras_;
};

}  // namespace

Result<void> check_members(std::string_view json, std::string_view description,
                           std::span<const ExtraMember> extras) {
    MYCELIUM_TRY_ASSIGN(const codec::JsonDocument document, codec::JsonDocument::parse(json));
    MYCELIUM_TRY_ASSIGN(const codec::TypeTable types, codec::TypeTable::parse(description));
    return Checker{types, extras}.check(document.root(), types.root(), {});
}

}  // namespace mycelium::cli
