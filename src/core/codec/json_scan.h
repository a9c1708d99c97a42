// Where JSON breaks its grammar: the fast parser says only that it does.
#pragma once

#include <cstddef>
#include <string_view>

namespace mycelium::codec {

struct JsonFault {
    std::size_t position = 0;
    std::string_view reason;  ///< a constant; empty: no fault of grammar
};
/// Reads strict JSON, nested at most `depth_max` deep, and reports the first fault. Slow; for texts
/// already refused.
JsonFault find_json_fault(std::string_view text, std::size_t depth_max) noexcept;

}  // namespace mycelium::codec
