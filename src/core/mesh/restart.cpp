#include "core/mesh/restart.h"

namespace mycelium::mesh {

std::string_view name_of(Restart restart) noexcept {
    switch (restart) {
        case Restart::always:
            return "always";
        case Restart::on_failure:
            return "on-failure";
        case Restart::never:
            return "never";
    }
    return "unknown";
}

RestartPolicy::RestartPolicy(const RestartLimits& limits, std::uint64_t seed) noexcept
    : limits_(limits), backoff_(limits.backoff_first, limits.backoff_max, seed) {}

RestartPolicy::Verdict RestartPolicy::ended(Instant started, Instant now, bool is_success) {
    if (limits_.when == Restart::never || (limits_.when == Restart::on_failure && is_success))
        return {is_success ? Verdict::What::ended : Verdict::What::failed, {}, 0};
    while (!restarts_.empty() && now - restarts_.front() >= limits_.window) restarts_.pop_front();
    const auto restarts = static_cast<std::uint32_t>(restarts_.size() + 1);
    if (restarts > limits_.restarts_max) return {Verdict::What::failed, {}, restarts};
    if (now - started >= limits_.window / 10) backoff_.reset();
    restarts_.push_back(now);
    return {Verdict::What::restart, backoff_.next(), restarts};
}

void RestartPolicy::reset() noexcept {
    restarts_.clear();
    backoff_.reset();
}

}  // namespace mycelium::mesh
