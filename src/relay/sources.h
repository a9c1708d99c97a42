// Sources: the publishers of a relay, what they brought, and whether they may come back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <mycelium/relay.h>

#include "base/count.h"
#include "core/mesh/breaker.h"

namespace mycelium::relay {

/// One run of a publisher. The counts are written by the thread that forwards.
struct Source {
    std::string name;
    std::int64_t pid = 0;
    std::string url;
    base::Count id;  ///< its origin's; 0: it has brought nothing yet
    base::Count forwarded;
    base::Count malformed;
    base::Count misrouted;
    base::Count failed;
    std::array<base::Count, drop_reason_count> missed;

    // Of Sources.
    std::size_t links = 0;
};

/// Any thread.
class Sources {
public:
    explicit Sources(mesh::BreakerLimits limits) noexcept : limits_(limits) {}

    /// A link shorter than this that brought nothing good is a failure.
    static constexpr Duration flap = std::chrono::seconds{1};

    /// May it be linked? mismatch: it sends nothing of domains; denied: its breaker is open.
    Result<void> admit(const Candidate& candidate, Instant now);
    /// What happened to the links of the port that they dial.
    void note(const Event& event);
    /// A good message has come over that link: once for each.
    void note_good(std::uint64_t link);
    /// The run behind a link.
    std::shared_ptr<Source> of(const LinkInfo& link);
    /// `links`: those that there are now.
    void report(std::vector<RelaySource>& into, const std::vector<LinkInfo>& links, Instant now);

    // Runs that have ended are forgotten beyond this, the oldest first.
    static constexpr std::size_t runs_max = 1024;

private:
    static constexpr std::size_t breakers_max = 1024;

    const std::shared_ptr<Source>& at(const std::string& name, std::int64_t pid,
                                      const std::string& url);
    void forget_one();
    mesh::Breaker& breaker(const std::string& name);
    /// Who has brought something good has succeeded: that he goes need not be waited for.
    void look_at_probes(Instant now);
    void ended(const std::string& name, const Event& event);

    const mesh::BreakerLimits limits_;
    mutable std::mutex mutex_;  // guards what follows
    struct Link {
        std::string name;
        Instant since{};
        bool has_failed = false;  ///< has ended, and that was a failure
        bool is_good = false;     ///< has brought a good message
        bool is_known = false;    ///< since when, is
    };
    static constexpr std::size_t links_remembered_max = 2 * limits::links_per_port_max;
    std::map<std::uint64_t, Link> links_;  // by their numbers
    std::vector<std::shared_ptr<Source>> runs_;
    std::map<std::string, mesh::Breaker> breakers_;  // by name
};

}  // namespace mycelium::relay
