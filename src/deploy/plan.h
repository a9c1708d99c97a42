// Plan: a fabric file for one mode and one host: what is started here, in which order, and where
// its links are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/result.h>

#include "deploy/fabric_file.h"
#include "deploy/links.h"

namespace mycelium::deploy {

struct PlanOptions {
    std::optional<Mode> mode;           ///< none: the file's; else processes
    std::string host;                   ///< which of the file's hosts this is
    std::vector<std::string> only;      ///< services; empty: all
    bool relays_are_functions = false;  ///< in threads mode
};

/// A value, immutable.
class Plan {
public:
    /// Errors: invalid, a line for each mistake.
    static Result<Plan> make(FabricFile file, const PlanOptions& options);

    struct Service {
        ServiceSpec spec;
        bool is_thread = false;          ///< of this process; else a process of its own
        bool is_started = true;          ///< at the beginning; else only by hand
        std::vector<std::string> after;  ///< those of them that are started here
    };
    /// Those of this host, each behind those it is `after`.
    const std::vector<Service>& services() const noexcept { return services_; }
    const Service* service(std::string_view name) const noexcept;

    const FabricFile& file() const noexcept { return file_; }
    const std::string& fabric() const noexcept { return file_.name; }
    Mode mode() const noexcept { return mode_; }
    const std::string& host() const noexcept { return host_; }
    bool has_threads() const noexcept;

    /// As this service sees them.
    Links links_of(const Service& service) const;
    /// What foreign programs need to take part: the links, MYCELIUM_FABRIC and MYCELIUM_SERVICE.
    std::vector<std::string> environment_of(const Service& service) const;
    /// The fabric's name where it is controlled: "trading", in hosts mode "trading@a".
    std::string control_name() const;
    /// A path of the file, absolute or from the working directory.
    std::string resolve(const std::string& path) const;

private:
    Plan(FabricFile file, Mode mode, std::string host)
        : file_(std::move(file)), mode_(mode), host_(std::move(host)) {}
    bool is_here(const ServiceSpec& service) const;
    bool is_thread(const ServiceSpec& service, bool relays_are_functions) const;
    void choose(const PlanOptions& options);
    std::vector<Mistake> check() const;
    std::vector<std::string> bind_urls(const LinkSpec& link, bool is_thread) const;
    std::string dial_url(const LinkSpec& link, bool is_thread) const;
    std::string tcp_url(const LinkSpec& link) const;

    FabricFile file_;
    Mode mode_;
    std::string host_;
    std::vector<Service> services_;
};

/// Where the fabric of that name is controlled.
std::string control_url(std::string_view control_name);
/// The inverse; none: another URL.
std::optional<std::string> control_name_of(std::string_view url);

}  // namespace mycelium::deploy
