// Lines of JSON through a pipe, by nlohmann-json and the C library's streams: what many programs
// use that have no message system.
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include <unistd.h>

#include "benchmarks/rivals/raw_pipe.h"
#include "benchmarks/rivals/record.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Record, first, type, method, path, quality, content, last)

namespace {

constexpr std::size_t stream_bytes = 64 * 1024;

struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

File open_again(const Socket& end, const char* mode) {
    const int fd = ::dup(end.fd());
    File file{fd < 0 ? nullptr : ::fdopen(fd, mode)};
    if (!file) throw std::system_error(errno, std::generic_category(), "fdopen");
    std::setvbuf(file.get(), nullptr, _IOFBF, stream_bytes);
    return file;
}

/// When a line leaves: with the next flush, or when there are 64 KiB.
enum class Leaving : std::uint8_t { at_once, gathered };

class Writing {
public:
    Writing(const Pipe& pipe, const Plan& plan, Leaving leaving)
        : file_(open_again(pipe.out, "w")), maker_(plan.bytes), leaving_(leaving) {}
    void send(std::uint64_t number) {
        const std::string line = nlohmann::json(maker_.make(number, [] {})).dump() + "\n";
        if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size())
            throw std::runtime_error("fwrite");
        if (leaving_ == Leaving::at_once) flush();
    }
    void flush() {
        if (std::fflush(file_.get()) != 0) throw std::runtime_error("fflush");
    }

private:
    File file_;
    Maker<Record> maker_;
    Leaving leaving_;
};

class Reading {
public:
    Reading(const Pipe& pipe, const Plan& plan)
        : file_(open_again(pipe.in, "r")), bytes_(plan.bytes) {}
    ~Reading() { std::free(line_); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    Arrival receive() {
        const ssize_t size = ::getline(&line_, &room_, file_.get());
        if (size < 0) return {};
        const auto record = nlohmann::json::parse(line_, line_ + size).get<Record>();
        return arrival_of(record, bytes_);
    }

private:
    File file_;
    std::size_t bytes_;
    char* line_ = nullptr;
    std::size_t room_ = 0;
};

class Conversation {
public:
    Conversation(const Pipe& out, const Pipe& in, const Plan& plan)
        : writing_(out, plan, Leaving::at_once), reading_(in, plan) {}
    void send(std::uint64_t number) { writing_.send(number); }
    void flush() noexcept {}
    Arrival receive() { return reading_.receive(); }

private:
    Writing writing_;
    Reading reading_;
};

Measurement round_trip(const Plan& plan) {
    const Pipe there = Pipe::create();
    const Pipe back = Pipe::create();
    return round_trip_of(
        plan, {}, [&] { return Conversation(there, back, plan); },
        [&] { return Conversation(back, there, plan); });
}

Measurement stream(const Plan& plan) {
    const Pipe pipe = Pipe::create();
    return stream_of(
        plan, {}, First::sender, 1, [&] { return Writing(pipe, plan, Leaving::gathered); },
        [&](std::size_t) { return Reading(pipe, plan); });
}

}  // namespace

Rival ndjson() {
    return {
        "ndjson",
        std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." +
            std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." +
            std::to_string(NLOHMANN_JSON_VERSION_PATCH) + " (nlohmann-json)",
        "a struct of seven members, with a text of 1 KiB, as a line of JSON through a pipe; "
        "fwrite and getline with buffers of 64 KiB, for round trips with fflush; Mycelium: "
        "the same struct by MYCELIUM_FIELDS",
        {{Job::record_round_trip, Way::pipe, round_trip}, {Job::record_stream, Way::pipe, stream}}};
}

}  // namespace mycelium::bench
