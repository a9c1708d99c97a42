// OriginLosses: what a receiver of relayed messages knows of what was lost before the relay.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <mycelium/ext/message.h>

namespace mycelium::wire {

/// A relay says with each message how many of its publisher's were lost on their way to the relay,
/// since that runs. What is new of that is news for the receiver. Runs of relays are told apart by
/// their epochs. A value.
class OriginLosses {
public:
    /// Publishers that are remembered, of all relays together; of those beyond, losses are learnt
    /// from their second message on.
    static constexpr std::size_t origins_max = 4096;

    /// How many more are lost than when a message of that publisher came last over this relay.
    std::uint64_t news(std::uint64_t relay, const Origin& origin) {
        if (relay == last_relay_ && origin.id == last_id_ && origin.lost == last_lost_) return 0;
        last_relay_ = relay;
        last_id_ = origin.id;
        last_lost_ = origin.lost;
        const auto [found, is_new] = known_.try_emplace({relay, origin.id}, origin.lost);
        // What was lost before the first one came is no loss of this receiver's, unless the relay
        // began when it was here already.
        const std::uint64_t before =
            is_new ? (begun_here_.count(relay) != 0 ? 0 : origin.lost) : found->second;
        found->second = std::max(found->second, origin.lost);
        const std::uint64_t more = origin.lost > before ? origin.lost - before : 0;
        if (known_.size() > origins_max) forget_one();
        return std::min(more, news_max);
    }
    /// That relay has begun in the place of one that was read until then.
    void begin(std::uint64_t relay) {
        if (begun_here_.size() >= origins_max) begun_here_.clear();
        begun_here_.insert(relay);
    }

private:
    static constexpr std::uint64_t news_max = std::uint64_t{1} << 48;  // whatever a relay says

    void forget_one() {
        // What comes of it again must not be told in full once more.
        begun_here_.erase(known_.begin()->first.first);
        known_.erase(known_.begin());
    }

    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> known_;
    std::set<std::uint64_t> begun_here_;
    std::uint64_t last_relay_ = 0;  // of the last message
    std::uint64_t last_id_ = 0;
    std::uint64_t last_lost_ = 0;
};

}  // namespace mycelium::wire
