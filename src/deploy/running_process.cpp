#include <array>
#include <optional>
#include <utility>

#include "deploy/line_cutter.h"
#include "deploy/running.h"
#include "host/os/readiness.h"
#include "host/os/standard_io.h"

namespace mycelium::deploy {

namespace {

using os::Reactor;

constexpr std::size_t piece_bytes = 64 * 1024;  // read at once, so that no service starves others
constexpr std::size_t rest_bytes_max = 1024 * 1024;  // of what was written before the end

class ProcessRunning final : public Running {
public:
    ProcessRunning(Reactor& reactor, os::KeptProcess process, std::optional<os::ReadySocket> socket,
                   Listeners listeners)
        : reactor_(reactor),
          process_(std::move(process)),
          socket_(std::move(socket)),
          listeners_(std::move(listeners)),
          streams_{Stream{process_.output(), 0, {}}, Stream{process_.errors(), 0, {}}} {}
    ~ProcessRunning() override { unwatch_all(); }

    Result<void> watch_all() {
        MYCELIUM_TRY_ASSIGN(news_watch_, reactor_.watch(process_.news(), Reactor::readable,
                                                        [this](std::uint32_t) { look_at_news(); }));
        for (Stream& stream : streams_)
            if (stream.fd >= 0) MYCELIUM_TRY(watch(stream));
        if (!socket_) return {};
        MYCELIUM_TRY_ASSIGN(ready_watch_,
                            reactor_.watch(socket_->fd(), Reactor::readable, [this](std::uint32_t) {
                                if (socket_->try_ready()) listeners_.ready();
                            }));
        return {};
    }

    void terminate() override { process_.terminate(); }
    void kill() override { process_.kill(); }
    pid_t pid() const noexcept override { return process_.pid(); }
    pid_t keeper() const noexcept override { return process_.keeper(); }
    bool has_lost_keeper() const noexcept override { return process_.was_keeper_killed(); }

    void pause(bool is_paused) override {
        for (Stream& stream : streams_) {
            if (is_paused)
                unwatch(stream.watch);
            else if (stream.fd >= 0 && stream.watch == 0)
                (void)watch(stream);  // if that fails, it is read at the end
        }
    }

private:
    struct Stream {
        int fd;  // -1: it has ended
        Reactor::Watch watch;
        LineCutter cutter;
    };

    Result<void> watch(Stream& stream) {
        MYCELIUM_TRY_ASSIGN(stream.watch,
                            reactor_.watch(stream.fd, Reactor::readable,
                                           [this, &stream](std::uint32_t) { (void)read(stream); }));
        return {};
    }
    void unwatch(Reactor::Watch& watch) noexcept {
        if (watch != 0) reactor_.unwatch(watch);
        watch = 0;
    }
    void unwatch_all() noexcept {
        unwatch(news_watch_);
        unwatch(ready_watch_);
        for (Stream& stream : streams_) unwatch(stream.watch);
    }

    /// How much came; 0: nothing more for now, or for ever.
    std::size_t read(Stream& stream) {
        static thread_local std::array<std::byte, piece_bytes> piece;
        if (stream.fd < 0) return 0;
        const Io io = os::read_some(stream.fd, piece);
        if (io.kind == Io::Kind::would_block) return 0;
        if (io.kind != Io::Kind::done) {
            unwatch(stream.watch);
            stream.fd = -1;
            return 0;
        }
        stream.cutter.add({reinterpret_cast<const char*>(piece.data()), io.count}, listeners_.line);
        return io.count;
    }

    /// The news stay readable until the end has been told: what finds no memory is done again.
    void look_at_news() {
        if (!end_) end_ = process_.try_wait();
        if (!is_started_said_ && process_.pid() != 0) {
            listeners_.started();
            is_started_said_ = true;
        }
        if (end_) return tell_end();
        const auto programs_end = process_.programs_end();
        if (!programs_end || is_left_said_) return;
        listeners_.left({programs_end->is_success(), programs_end->to_string()});
        is_left_said_ = true;
    }

    void tell_end() {
        for (Stream& stream : streams_) {
            std::size_t rest = 0;
            while (rest < rest_bytes_max) {
                const std::size_t count = read(stream);
                if (count == 0) break;
                rest += count;
            }
            stream.cutter.finish(listeners_.line);
        }
        listeners_.ended({end_->is_success(), end_->to_string()});
        unwatch_all();
    }

    Reactor& reactor_;
    os::KeptProcess process_;
    std::optional<os::ReadySocket> socket_;
    Listeners listeners_;
    Reactor::Watch news_watch_ = 0, ready_watch_ = 0;
    std::array<Stream, 2> streams_;
    std::optional<os::ChildEnd> end_;
    bool is_started_said_ = false;
    bool is_left_said_ = false;
};

}  // namespace

Result<std::unique_ptr<Running>> run_process(Reactor& reactor, os::Program program,
                                             bool waits_for_ready, Running::Listeners listeners) {
    std::optional<os::ReadySocket> socket;
    program.removed.emplace_back("NOTIFY_SOCKET");
    if (waits_for_ready) {
        MYCELIUM_TRY_ASSIGN(socket, os::ReadySocket::create());
        program.environment.push_back("NOTIFY_SOCKET=" + socket->address());
    }
    MYCELIUM_TRY_ASSIGN(os::KeptProcess process, os::KeptProcess::start(program));
    auto running = std::make_unique<ProcessRunning>(reactor, std::move(process), std::move(socket),
                                                    std::move(listeners));
    MYCELIUM_TRY(running->watch_all());
    return std::unique_ptr<Running>{std::move(running)};
}

}  // namespace mycelium::deploy
