// Manual pages, made of the description of the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/description.h"

namespace mycelium::cli {

struct ManualPage {
    std::string name;  ///< "mycelium-pub"
    std::string text;  ///< for man(1), in the macros of man(7); ASCII alone
};

/// The page about the command as a whole: what verbs there are, and where to read about each.
ManualPage manual_page(const VerbDescription& command, std::string_view version);
/// The page about one verb of the command, with the verbs below it.
ManualPage manual_page(const VerbDescription& command, const VerbDescription& verb,
                       std::string_view version);
/// All of them, the overview first.
std::vector<ManualPage> manual_pages(const VerbDescription& command, std::string_view version);

}  // namespace mycelium::cli
