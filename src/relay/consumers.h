// Consumers: whom a relay serves, whom it has sent away, and who is meant by a name.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <mycelium/relay.h>

namespace mycelium::relay {

/// NAME, NAME@PID or #LINK.
bool is_meant(const std::string& consumer, const std::string& name, std::int64_t pid,
              std::uint64_t link);

/// What operators have decided about consumers beyond their links. Any thread.
class Consumers {
public:
    enum class Decision : std::uint8_t { draining, drained, evicted };

    /// May it be linked? denied: it was drained or evicted, and not resumed since.
    Result<void> admit(const Candidate& candidate) const;
    /// By the name that `decided` gives, from now on.
    void decide(const std::string& consumer, Decision decision);
    /// It may come again, and is served as any other; a NAME is all of that name. False: nothing
    /// was decided about it.
    bool forget(const std::string& consumer);
    /// What holds for it; none: nothing.
    std::optional<Decision> decision(const std::string& name, std::int64_t pid) const;
    /// Who was sent away, for the list.
    void report(std::vector<RelayConsumer>& into) const;
    /// The same for errors: "NAME (evicted), ..."; empty: nobody.
    std::string text() const;

private:
    static constexpr std::size_t decisions_max = 4096;

    mutable std::mutex mutex_;  // guards what follows
    std::map<std::string, Decision> decisions_;
};

std::string_view name_of(Consumers::Decision decision) noexcept;

}  // namespace mycelium::relay
