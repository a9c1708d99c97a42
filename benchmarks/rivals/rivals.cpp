// The list of all rivals.
#include "benchmarks/rivals/rival.h"

namespace mycelium::bench {
namespace {

struct Candidate {
    const char* name;
    Rival (*make)();  ///< null: it was not installed when this was built
};

#ifdef MYCELIUM_RIVAL_ZEROMQ
constexpr auto make_zeromq = zeromq;
#else
constexpr Rival (*make_zeromq)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_NANOMSG
constexpr auto make_nanomsg = nanomsg;
#else
constexpr Rival (*make_nanomsg)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_NNG
constexpr auto make_nng = nng;
#else
constexpr Rival (*make_nng)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_BOOST_QUEUE
constexpr auto make_boost_queue = boost_queue;
#else
constexpr Rival (*make_boost_queue)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_ICEORYX
constexpr auto make_iceoryx = iceoryx;
#else
constexpr Rival (*make_iceoryx)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_REDIS
constexpr auto make_redis = redis;
#else
constexpr Rival (*make_redis)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_NATS
constexpr auto make_nats = nats;
#else
constexpr Rival (*make_nats)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_NDJSON
constexpr auto make_ndjson = ndjson;
#else
constexpr Rival (*make_ndjson)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_CYCLONEDDS
constexpr auto make_cyclonedds = cyclonedds;
#else
constexpr Rival (*make_cyclonedds)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_CAPNPROTO
constexpr auto make_capnproto = capnproto;
#else
constexpr Rival (*make_capnproto)() = nullptr;
#endif
#ifdef MYCELIUM_RIVAL_GRPC
constexpr auto make_grpc = grpc;
#else
constexpr Rival (*make_grpc)() = nullptr;
#endif

constexpr Candidate candidates[] = {
    {"zeromq", make_zeromq},       {"nanomsg", make_nanomsg}, {"nng", make_nng},
    {"boost", make_boost_queue},   {"iceoryx", make_iceoryx}, {"redis", make_redis},
    {"nats", make_nats},           {"ndjson", make_ndjson},   {"cyclonedds", make_cyclonedds},
    {"capnproto", make_capnproto}, {"grpc", make_grpc}};

}  // namespace

std::vector<Rival> all_rivals() {
    std::vector<Rival> rivals;
    for (const Candidate& candidate : candidates)
        if (candidate.make) rivals.push_back(candidate.make());
    return rivals;
}

std::vector<std::string> rivals_left_out() {
    std::vector<std::string> names;
    for (const Candidate& candidate : candidates)
        if (!candidate.make) names.emplace_back(candidate.name);
    return names;
}

}  // namespace mycelium::bench
