#include "core/codec/type_table.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <simdjson.h>

#include <mycelium/limits.h>

#include "core/codec/description.h"

namespace mycelium::codec {
namespace {

constexpr std::pair<Shape, std::string_view> shape_names[] = {
    {Shape::boolean, "bool"}, {Shape::u8, "u8"},         {Shape::u16, "u16"},
    {Shape::u32, "u32"},      {Shape::u64, "u64"},       {Shape::i8, "i8"},
    {Shape::i16, "i16"},      {Shape::i32, "i32"},       {Shape::i64, "i64"},
    {Shape::f32, "f32"},      {Shape::f64, "f64"},       {Shape::character, "char"},
    {Shape::byte, "byte"},    {Shape::string, "string"}, {Shape::bytes, "bytes"},
};

std::uint64_t memory_of(Shape shape) noexcept {
    switch (shape) {
        case Shape::boolean:
        case Shape::u8:
        case Shape::i8:
        case Shape::character:
        case Shape::byte:
            return 1;
        case Shape::u16:
        case Shape::i16:
            return 2;
        case Shape::u32:
        case Shape::i32:
        case Shape::f32:
            return 4;
        case Shape::u64:
        case Shape::i64:
        case Shape::f64:
            return 8;
        default:
            return 0;
    }
}

}  // namespace

std::string_view name_of(Form form) noexcept {
    switch (form) {
        case Form::local:
            return "local";
        case Form::flat:
            return "flat";
        case Form::tlv:
            return "tlv";
        case Form::fields:
            return "fields";
        case Form::bytes:
            return "bytes";
        case Form::any:
            return "any";
    }
    return "?";
}

std::string_view name_of(Shape shape) noexcept {
    for (const auto& [known, name] : shape_names)
        if (known == shape) return name;
    return {};
}

bool is_integer(Shape shape) noexcept { return shape >= Shape::u8 && shape <= Shape::i64; }

const TypeMember* TypeBlock::member_numbered(std::uint64_t number) const noexcept {
    const auto at = std::lower_bound(
        members.begin(), members.end(), number,
        [](const TypeMember& member, std::uint64_t n) { return member.number < n; });
    return at != members.end() && at->number == number ? &*at : nullptr;
}

std::size_t TypeBlock::index_named(std::string_view member_name) const noexcept {
    std::size_t index = 0;
    while (index < members.size() && members[index].name != member_name) ++index;
    return index;
}

/// Reads the text line by line, then resolves what the lines say of each other. Every function but
/// the outermost returns an empty string, or what is wrong.
class DescriptionParser {
public:
    explicit DescriptionParser(std::string_view text) noexcept : text_(text) {}

    Result<TypeTable> parse() {
        if (text_.size() > limits::description_bytes_max) return error("it is too long");
        if (!simdjson::validate_utf8(text_.data(), text_.size())) return error("it is not UTF-8");
        while (at_ < text_.size()) {
            ++line_;
            if (auto wrong = read_line(); !wrong.empty()) return error(wrong);
        }
        if (table_.blocks_.empty()) return error("it is empty");
        line_ = 0;
        for (auto& block : table_.blocks_)
            if (auto wrong = resolve(block); !wrong.empty())
                return error(std::string{block.name} + ": " + wrong);
        heights_.resize(table_.blocks_.size());
        for (std::uint32_t i = 0; i < table_.blocks_.size(); ++i)
            if (height_of(i, 0) > limits::codec_depth_max)
                return error(std::string{table_.blocks_[i].name} + " nests too deep");
        return std::move(table_);
    }

private:
    Error error(std::string_view wrong) const {
        const std::string line = line_ == 0 ? "" : ", line " + std::to_string(line_);
        return {Errc::malformed, "description" + line + ": " + std::string{wrong}};
    }

    std::string read_line() {
        const std::size_t end = text_.find('\n', at_);
        if (end == std::string_view::npos) return "the line does not end";
        rest_ = text_.substr(at_, end - at_);
        at_ = end + 1;
        if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') return read_member();
        return read_head();
    }
    // "flat NAME BYTES", "tlv NAME NUMBER BYTES", "fields NAME"; the only line may end in "~HASH".
    std::string read_head() {
        TypeBlock block;
        const auto form = word();
        block.name = word();
        if (block.name.empty()) return "a type and its name are expected";
        std::uint64_t tlv_type = 0;
        if (form == "flat")
            block.form = Form::flat;
        else if (form == "tlv")
            block.form = Form::tlv;
        else if (form == "fields")
            block.form = Form::fields;
        else
            return "flat, tlv or fields is expected";
        if (block.form == Form::tlv &&
            (!table_.blocks_.empty() || !number(tlv_type) || tlv_type < 1 || tlv_type > 254))
            return "a TLV type stands first and has a number from 1 to 254";
        block.tlv_type = static_cast<std::uint8_t>(tlv_type);
        const std::uint64_t bytes_max =
            block.form == Form::tlv ? 65'535 : limits::message_bytes_ceiling;
        if (block.form != Form::fields && (!number(block.bytes) || block.bytes > bytes_max))
            return "a size is expected";
        if (rest_.starts_with('~')) {
            rest_.remove_prefix(1);
            std::uint64_t hash = 0;
            if (!number(hash) || !table_.blocks_.empty() || at_ != text_.size())
                return "a hash stands alone";
            block.is_opaque = true;
        }
        if (!rest_.empty()) return "more than is expected";
        table_.blocks_.push_back(std::move(block));
        return {};
    }
    // "NUMBER NAME KIND"
    std::string read_member() {
        if (table_.blocks_.empty()) return "a member before its type";
        TypeBlock& block = table_.blocks_.back();
        TypeMember member;
        if (!number(member.number)) return "a number is expected";
        member.name = word();
        if (member.name.empty()) return "a name is expected";
        if (auto wrong = read_kind(member.kind, block.form, 0); !wrong.empty()) return wrong;
        if (!rest_.empty()) return "more than a kind";
        if (block.form == Form::fields) {
            const std::uint64_t before = block.members.empty() ? 0 : block.members.back().number;
            if (member.number <= before || member.number > 65'535)
                return "numbers ascend from 1 to 65535";
        }
        block.members.push_back(member);
        return {};
    }
    std::string read_kind(std::uint32_t& index, Form form, std::size_t depth) {
        if (depth == limits::codec_depth_max) return "nested too deep";
        TypeKind kind;
        const bool is_fields = form == Form::fields;
        const bool is_fixed_element = std::exchange(is_fixed_element_, false);
        if (eat("#")) {
            kind.shape = Shape::type;
            std::uint64_t type = 0;
            if (!number_prefix(type) || type > limits::description_bytes_max)
                return "'#' and a number are expected";
            kind.type = static_cast<std::uint32_t>(type);
        } else if (eat("[]")) {
            kind.shape = Shape::list;
            if (!is_fields) return "a list in a type of fixed size";
            if (auto wrong = read_kind(kind.element, form, depth + 1); !wrong.empty()) return wrong;
        } else if (eat("[")) {
            kind.shape = Shape::fixed;
            if (!number_prefix(kind.count) || kind.count == 0 || !eat("]"))
                return "'[', a count and ']' are expected";
            is_fixed_element_ = true;
            if (auto wrong = read_kind(kind.element, form, depth + 1); !wrong.empty()) return wrong;
        } else if (eat("{")) {
            kind.shape = Shape::map;
            if (!is_fields) return "a map in a type of fixed size";
            if (auto wrong = read_kind(kind.key, form, depth + 1); !wrong.empty()) return wrong;
            const Shape key = table_.kinds_[kind.key].shape;
            if (key != Shape::string && !is_integer(key)) return "a key is a string or an integer";
            if (!eat(":")) return "':' is expected";
            if (auto wrong = read_kind(kind.element, form, depth + 1); !wrong.empty()) return wrong;
            if (!eat("}")) return "'}' is expected";
        } else if (!read_scalar(kind.shape, is_fields, is_fixed_element)) {
            return "no kind that may stand here";
        }
        index = static_cast<std::uint32_t>(table_.kinds_.size());
        table_.kinds_.push_back(kind);
        return {};
    }
    bool read_scalar(Shape& shape, bool is_fields, bool is_fixed_element) {
        const std::size_t end = rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789");
        const auto name = rest_.substr(0, end);
        for (const auto& [known, known_name] : shape_names) {
            if (known_name != name) continue;
            const bool is_fixed_only =
                known == Shape::character || (known == Shape::byte && !is_fixed_element);
            const bool is_fields_only = known == Shape::string || known == Shape::bytes;
            if (is_fields ? is_fixed_only : is_fields_only) return false;
            shape = known;
            rest_.remove_prefix(name.size());
            return true;
        }
        return false;
    }

    std::string resolve(TypeBlock& block) {
        std::vector<std::string_view> names;
        std::uint64_t place = 0;
        for (const TypeMember& member : block.members) {
            names.push_back(member.name);
            std::uint64_t bytes = 0;
            if (auto wrong = measure(member.kind, block.form, bytes); !wrong.empty()) return wrong;
            if (block.form == Form::fields) continue;
            if (member.number != place)
                return "'" + std::string{member.name} + "' does not follow the member before";
            place += bytes;
            if (place > block.bytes)
                return "'" + std::string{member.name} + "' ends behind the type";
        }
        if (!block.is_opaque && place != block.bytes) return "the members do not fill the type";
        if (block.form == Form::flat && block.bytes == 0) return "the type is empty";
        std::sort(names.begin(), names.end());
        if (std::adjacent_find(names.begin(), names.end()) != names.end())
            return "a name stands twice";
        return {};
    }
    // Also sets the sizes of kinds of fixed size.
    std::string measure(std::uint32_t index, Form form, std::uint64_t& bytes) {
        TypeKind& kind = table_.kinds_[index];
        if (kind.shape == Shape::type) {
            if (kind.type >= table_.blocks_.size())
                return "a reference to a type that does not follow";
            const TypeBlock& block = table_.blocks_[kind.type];
            const bool may_be_fields = form == Form::fields && block.form == Form::fields;
            if (block.form != Form::flat && !may_be_fields)
                return "a reference to a type that may not be a member";
            kind.bytes = block.bytes;
        } else if (kind.shape == Shape::fixed) {
            std::uint64_t element = 0;
            if (auto wrong = measure(kind.element, form, element); !wrong.empty()) return wrong;
            if (element != 0 && kind.count > limits::message_bytes_ceiling / element)
                return "an array larger than a message";
            kind.bytes = kind.count * element;
        } else if (kind.shape == Shape::list || kind.shape == Shape::map) {
            return measure(kind.element, form, bytes);
        } else {
            kind.bytes = memory_of(kind.shape);
        }
        bytes = kind.bytes;
        return {};
    }
    // How deep FLAT types nest; endless if one contains itself. Recursion is bounded by the limit
    // it looks for.
    std::size_t height_of(std::uint32_t index, std::size_t depth) {
        constexpr std::size_t endless = limits::codec_depth_max + 1;
        if (table_.blocks_[index].form == Form::fields || heights_[index] != 0)
            return table_.blocks_[index].form == Form::fields ? 1 : heights_[index];
        if (depth == limits::codec_depth_max) return endless;
        std::size_t highest = 0;
        for (const TypeMember& member : table_.blocks_[index].members) {
            const TypeKind* kind = &table_.kinds_[member.kind];
            while (kind->shape == Shape::fixed) kind = &table_.kinds_[kind->element];
            if (kind->shape == Shape::type)
                highest = std::max(highest, height_of(kind->type, depth + 1));
            if (highest >= endless) return endless;
        }
        return heights_[index] = highest + 1;
    }

    bool eat(std::string_view token) noexcept {
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    // Up to a space or the end of the line, and the space.
    std::string_view word() noexcept {
        const auto word = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
        const bool is_clean = std::none_of(word.begin(), word.end(), [](char c) {
            return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
        });
        return is_clean ? word : std::string_view{};
    }
    bool number(std::uint64_t& value) noexcept {
        return number_prefix(value) && (rest_.empty() || eat(" "));
    }
    // Decimal without spare zeros.
    bool number_prefix(std::uint64_t& value) noexcept {
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        const auto size = static_cast<std::size_t>(end - rest_.data());
        if (error != std::errc{} || (rest_.front() == '0' && size > 1)) return false;
        rest_.remove_prefix(size);
        return true;
    }

    std::string_view text_;
    std::string_view rest_;  // of the line
    std::size_t at_ = 0;
    std::size_t line_ = 0;
    bool is_fixed_element_ = false;
    std::vector<std::size_t> heights_;
    TypeTable table_;
};

Result<TypeTable> TypeTable::parse(std::string_view text) {
    return DescriptionParser{text}.parse();
}

std::string TypeTable::text_of(std::uint32_t index) const {
    const TypeKind& of = kinds_[index];
    switch (of.shape) {
        case Shape::type:
            return std::string{name_of(blocks_[of.type].form)} + " " +
                   std::string{blocks_[of.type].name};
        case Shape::list:
            return "[]" + text_of(of.element);
        case Shape::fixed:
            return "[" + std::to_string(of.count) + "]" + text_of(of.element);
        case Shape::map:
            return "{" + text_of(of.key) + ":" + text_of(of.element) + "}";
        default:
            return std::string{name_of(of.shape)};
    }
}

Result<void> check_description(std::string_view text) {
    MYCELIUM_TRY(TypeTable::parse(text));
    return {};
}

}  // namespace mycelium::codec
