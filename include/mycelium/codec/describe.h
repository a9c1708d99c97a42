// Describer: writes the canonical text of a type. Grammar: docs/formats/types.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include <mycelium/schema.h>

namespace mycelium::codec {

/// Lives while one description is written. A type's block is written once, in the order of first
/// mention, so recursive types end. One thread.
class Describer {
public:
    using Block = void (*)(Describer&);

    /// The whole text, beginning with the given type's block; longer than description_bytes_max,
    /// the first line alone, marked with the hash of the whole.
    std::string describe(const std::type_info& type, Block block);

    /// Writes "#n": the type whose block is the n-th.
    void reference(const std::type_info& type, Block block);
    void text(std::string_view text) { text_.append(text); }
    /// A type's name as the macro spelled it, without spaces.
    void name(std::string_view name);
    void number(std::uint64_t number) { text_.append(std::to_string(number)); }

private:
    std::size_t index_of(const std::type_info& type, Block block);

    struct Mentioned {
        const std::type_info* type;
        Block block;
    };
    std::vector<Mentioned> mentioned_;
    std::string text_;
};

/// 64-bit FNV-1a of the text; never 0.
std::uint64_t fingerprint_of(std::string_view description) noexcept;

}  // namespace mycelium::codec
