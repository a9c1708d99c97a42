// The fabric: a fabric file's text for a job, as docs/guide/deployment.md describes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

#include "options.h"

namespace trading {

/// The links, each bound by a relay: what publishers dial ends in "-in", what consumers dial has
/// the bare name. Over tcp and between hosts there are more, ending in "-control", where a relay is
/// asked how it is; elsewhere that is where consumers dial.
std::vector<std::string> link_names(const Options& options);

/// In mode hosts: those on the host "venues" or "desk". Relays are none of them, as they have no
/// part in the ledger.
std::vector<std::string> services_on(std::string_view host);

/// `name`: of the fabric, its own on this machine. Errors: invalid (--at), unavailable (no free
/// ports).
mycelium::Result<std::string> fabric_text(const Options& options, const std::string& name);

}  // namespace trading
