// TypeTable: a parsed description. Grammar: docs/formats/types.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/schema.h>

namespace mycelium::codec {

enum class Shape : std::uint8_t {
    boolean,
    u8,
    u16,
    u32,
    u64,
    i8,
    i16,
    i32,
    i64,
    f32,
    f64,
    character,  ///< FLAT and TLV only
    byte,       ///< FLAT and TLV; in FIELDS only as the element of a fixed array, which is a binary
    string,
    bytes,
    list,
    map,    ///< FIELDS only
    fixed,  ///< an array of a fixed length
    type,   ///< of another block: FLAT, or in FIELDS also FIELDS
};

/// The kind of a member or of what it is made of. Indexes point into the table.
struct TypeKind {
    Shape shape = Shape::boolean;
    std::uint64_t count = 0;    ///< elements, of fixed
    std::uint32_t element = 0;  ///< a kind: of list and fixed the element, of map the value
    std::uint32_t key = 0;      ///< a kind: of map
    std::uint32_t type = 0;     ///< a block: of type
    std::uint64_t bytes = 0;    ///< size in memory, of what a FLAT or TLV type may hold; else 0
};

struct TypeMember {
    std::uint64_t number = 0;  ///< FIELDS: its number; else: its offset
    std::string_view name;
    std::uint32_t kind = 0;
};

struct TypeBlock {
    Form form = Form::fields;
    std::string_view name;
    std::uint64_t bytes = 0;  ///< FLAT and TLV: of the value
    std::uint8_t tlv_type = 0;
    bool is_opaque = false;  ///< only a hash of it came: the description would be too long
    std::vector<TypeMember> members;

    const TypeMember* member_numbered(std::uint64_t number) const noexcept;
    /// Index into `members`, or its size.
    std::size_t index_named(std::string_view member_name) const noexcept;
};

/// Block 0 is the described type; the others are those it mentions. Views point into the text. A
/// value.
class TypeTable {
public:
    /// `malformed` names the line. Whatever parses is safe to walk: references exist, FLAT and TLV
    /// members lie gaplessly within their size, FLAT types do not contain themselves, and kinds and
    /// FLAT types nest at most codec_depth_max deep.
    static Result<TypeTable> parse(std::string_view text);

    const TypeBlock& root() const noexcept { return blocks_.front(); }
    const TypeBlock& block(std::uint32_t index) const noexcept { return blocks_[index]; }
    std::size_t block_count() const noexcept { return blocks_.size(); }
    const TypeKind& kind(std::uint32_t index) const noexcept { return kinds_[index]; }
    /// For people: as in the text, but with names instead of references.
    std::string text_of(std::uint32_t kind) const;

private:
    friend class DescriptionParser;
    std::vector<TypeBlock> blocks_;
    std::vector<TypeKind> kinds_;
};

std::string_view name_of(Form form) noexcept;
/// "u8", "string", …; empty for what has parts.
std::string_view name_of(Shape shape) noexcept;
bool is_integer(Shape shape) noexcept;

}  // namespace mycelium::codec
