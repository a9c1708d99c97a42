#include "benchmarks/raw/twins.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace mycelium::bench {
namespace {

using Body = std::function<void(Arena&)>;

/// The shared memory. Anonymous, so it goes with the last process that has it.
class SharedArena {
public:
    SharedArena() {
        void* memory = ::mmap(nullptr, sizeof(Arena), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) arena_ = new (memory) Arena;
    }
    ~SharedArena() {
        if (arena_) ::munmap(arena_, sizeof(Arena));
    }
    SharedArena(const SharedArena&) = delete;
    SharedArena& operator=(const SharedArena&) = delete;
    Arena* get() const noexcept { return arena_; }

private:
    Arena* arena_ = nullptr;
};

/// Returns whether the body came to its end.
bool run_body(const Body& body, Arena& arena, Side& side) noexcept {
    try {
        body(arena);
        return true;
    } catch (const std::exception& error) {
        side.set_error(error.what());
    } catch (...) {
        side.set_error("an exception of unknown type");
    }
    return false;
}

void run_threads(const Twins& twins, Arena& arena) noexcept {
    const auto guarded = [&](const Body& body, Side& side) {
        // The other thread may be waiting for this one for ever: the process ends at once.
        if (!run_body(body, arena, side)) ::_exit(1);
    };
    std::thread far(guarded, std::cref(twins.far), std::ref(arena.far));
    guarded(twins.near, arena.near);
    far.join();
}

/// What one child runs.
struct Part {
    Body body;
    Side* side;
};

std::vector<Part> parts_of(const Twins& twins, Arena& arena) {
    if (twins.company == Company::threads)
        return {{[&twins](Arena& shared) { run_threads(twins, shared); }, &arena.near}};
    std::vector<Part> parts{{twins.near, &arena.near}};
    if (twins.company == Company::alone) return parts;
    parts.push_back({twins.far, &arena.far});
    if (twins.between) parts.push_back({twins.between, &arena.between});
    for (std::size_t i = 0; i + 1 < arena.receivers; ++i)
        parts.push_back({twins.others[i], &arena.others[i]});
    return parts;
}

}  // namespace

Measurement run_twins(const Twins& twins, double limit_seconds) {
    Measurement result;
    if (was_interrupted()) {
        result.error = "interrupted";
        return result;
    }
    const SharedArena shared;
    if (!shared.get()) {
        result.error = std::string{"no memory to share: "} + std::strerror(errno);
        return result;
    }
    Arena& arena = *shared.get();
    arena.is_one_process = twins.company != Company::processes;
    arena.receivers = 1 + std::min(twins.others.size(), arena.others.size());
    std::vector<std::function<bool()>> bodies;
    for (Part& part : parts_of(twins, arena))
        bodies.push_back(
            [part = std::move(part), &arena] { return run_body(part.body, arena, *part.side); });
    const std::string failure = run_processes(bodies, limit_seconds);
    result = measurement_of(arena);
    if (result.error.empty()) result.error = failure;
    return result;
}

}  // namespace mycelium::bench
