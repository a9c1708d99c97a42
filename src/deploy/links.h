// Links: where one service finds the fabric's links. Passes through a process's environment.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/result.h>

namespace mycelium::deploy {

/// A value. Names of links are told apart as variables are: without case, '-' as '_'.
class Links {
public:
    struct Link {
        std::string name;
        std::vector<std::string> bind;  ///< empty: another service binds it
        std::string dial;
    };
    void add(Link link);
    /// Every other name is a link too, at these places with the name behind them.
    void open(std::vector<std::string> bind_prefixes, std::string dial_prefix);

    /// invalid: no such link (the nearest is named), or another service binds it.
    Result<Urls> bind(std::string_view name) const;
    Result<std::string> dial(std::string_view name) const;

    /// MYCELIUM_BIND_NAME (several URLs with blanks between them), MYCELIUM_LINK_NAME, and
    /// MYCELIUM_LINKS, the place of all others.
    std::vector<std::string> to_environment() const;
    /// The inverse, from "NAME=value" entries; others are passed over.
    static Links from_environment(const std::vector<std::string>& environment);

private:
    Result<const Link*> find(std::string_view name) const;

    std::map<std::string, Link> links_;  // by variable_of({}, name)
    std::vector<std::string> bind_prefixes_;
    std::string dial_prefix_;  // empty: only links_
};

/// Words as one, so that a variable holds them: blanks, controls and '%' are escaped.
std::string joined(const std::vector<std::string>& words);
std::vector<std::string> split(std::string_view text);

}  // namespace mycelium::deploy
