// TomlReader: values of a tree as what they should be, or a mistake with the nearest right word.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mycelium/time.h>

#include "deploy/fabric_file.h"
#include "deploy/toml.h"

namespace mycelium::deploy {

/// Collects mistakes and goes on. One thread.
class TomlReader {
public:
    using Key = std::pair<std::string, std::function<void(const TomlValue&)>>;

    /// Calls the function of each key of the table; `what` names the table.
    void table(const TomlValue& value, std::string_view what, std::span<const Key> keys);
    /// A table whose keys are names that the user chose.
    void named(const TomlValue& value, std::string_view what,
               const std::function<void(const std::string&, const TomlValue&)>& each);

    std::optional<std::string> string(const TomlValue& value, std::string_view what);
    std::vector<std::string> strings(const TomlValue& value, std::string_view what);
    std::vector<Reference> references(const TomlValue& value, std::string_view what);
    std::optional<Reference> reference(const TomlValue& value, std::string_view what);
    std::optional<std::int64_t> integer(const TomlValue& value, std::string_view what,
                                        std::int64_t min, std::int64_t max);
    std::optional<Duration> duration(const TomlValue& value, std::string_view what, Duration min,
                                     Duration max);
    /// The index of the word in `words`.
    std::optional<std::size_t> one_of(const TomlValue& value, std::string_view what,
                                      const std::vector<std::string>& words);
    std::map<std::string, std::string> environment(const TomlValue& value, std::string_view what);

    void mistake(const Position& at, std::string text);
    /// "… (did you mean X?)".
    void unknown(const Position& at, std::string_view what, std::string_view name,
                 const std::vector<std::string>& names);
    const std::vector<Mistake>& mistakes() const noexcept { return mistakes_; }

private:
    bool expect(const TomlValue& value, TomlValue::Kind kind, std::string_view what);
    std::vector<Mistake> mistakes_;
};

}  // namespace mycelium::deploy
