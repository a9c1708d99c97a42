// FabricFile: what fabric.toml says, checked as far as it can be without knowing mode and host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>
#include <mycelium/time.h>

#include "core/mesh/restart.h"
#include "deploy/toml.h"

namespace mycelium::deploy {

inline constexpr std::size_t services_max = 1000;
inline constexpr std::size_t links_max = 10'000;
inline constexpr std::size_t name_bytes_max = 64;
inline constexpr std::size_t mistakes_shown_max = 20;

enum class Mode : std::uint8_t { threads, processes, hosts };
std::string_view name_of(Mode mode) noexcept;
/// Errors: invalid, with the nearest right word.
Result<Mode> mode_named(std::string_view name);

/// A name that must stand elsewhere in the file, too.
struct Reference {
    std::string name;
    Position at;
};

/// `relay = { … }`: a relay of the library between links.
struct RelaySpec {
    std::string domain;  ///< market_data, signal or execution
    std::vector<Reference> in;
    std::vector<Reference> out;
    std::vector<Reference> control;  ///< empty: at those of `out` that only this machine reaches
    std::optional<Duration> block_max;

    std::vector<Reference> links() const;  ///< all that it binds
};

struct ServiceSpec {
    std::string name;
    Position at;
    std::vector<std::string> command;  ///< empty: a function, or a relay
    std::optional<RelaySpec> relay;
    std::vector<std::string> arguments;  ///< of a function
    mesh::RestartLimits restart;
    std::vector<Reference> after;
    std::map<std::string, std::string> environment;
    std::string directory;  ///< absolute, or relative to the file's folder; empty: that folder
    std::optional<Reference> host;
    Duration stop_within = std::chrono::seconds{5};
    bool stops_all_when_done = false;    ///< `when_done = "stop"`: the fabric's work is its work
    bool is_ready_when_it_says = false;  ///< `ready = "notify"`
    Duration ready_within = std::chrono::seconds{10};

    bool is_function() const noexcept { return command.empty() && !relay; }
};

struct LinkSpec {
    std::string name;
    Position at;
    std::string url;  ///< empty: as the mode says
    std::optional<Reference> bound_by;
    std::uint16_t port = 0;  ///< 0: none
};

struct HostSpec {
    std::string name;
    std::string address;
};

/// A value. In the order of the file.
struct FabricFile {
    std::string path;    ///< as it is named in mistakes
    std::string folder;  ///< what relative paths start from; empty: the working directory
    std::string name;
    std::optional<Mode> mode;
    std::vector<std::string> program;  ///< whose functions services without a command are
    std::string logs;                  ///< empty: none
    bool keeps_output = false;         ///< `output = "own"`: services write where we do
    bool says_only_trouble =
        false;  ///< `say = "trouble"`: neither starts nor ends that were asked for
    std::vector<ServiceSpec> services;
    std::vector<LinkSpec> links;  ///< empty: every name is a link
    std::vector<HostSpec> hosts;

    const ServiceSpec* service(std::string_view name) const noexcept;
    const LinkSpec* link(std::string_view name) const noexcept;
    const HostSpec* host(std::string_view name) const noexcept;
    std::vector<std::string> service_names() const;
    std::vector<std::string> link_names() const;
    std::vector<std::string> host_names() const;
    /// "fabric.toml:3:1: text".
    std::string place(const Position& at) const;
};

/// Reads the text of a file. `functions`: those of the executable that asks; none: it is not known
/// here, and the file must name a program. Errors: invalid, a line for each mistake
/// ("FILE:LINE:COLUMN: what"), at most mistakes_shown_max of them.
Result<FabricFile> parse_fabric(std::string_view text, const std::string& path,
                                const std::optional<std::vector<std::string>>& functions);
/// The same for a file. Errors also: unavailable, denied.
Result<FabricFile> read_fabric(const std::string& path,
                               const std::optional<std::vector<std::string>>& functions);
/// Where there is no file: every function is a service, every name a link.
FabricFile fabric_of(const std::string& name, const std::vector<std::string>& functions);

/// Mistakes as one error. There is at least one.
Error error_of(const std::string& path, const std::vector<Mistake>& mistakes);
/// Letters, digits, '-' and '_', at most name_bytes_max.
bool is_name(std::string_view name) noexcept;
/// The name with what a name may not have replaced by '-'.
std::string name_from(std::string_view text);
/// "MYCELIUM_LINK_RAW_TRADES" for "raw-trades" and "MYCELIUM_LINK_".
std::string variable_of(std::string_view prefix, std::string_view name);

}  // namespace mycelium::deploy
