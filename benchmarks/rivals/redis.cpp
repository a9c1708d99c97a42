// Redis by hiredis, over a unix socket: PUBLISH and SUBSCRIBE, SET and GET.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "benchmarks/own/meeting.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

/// Of a pipeline: so much is written at once, and so many replies are read behind.
constexpr std::size_t write_bytes = 64 * 1024;
constexpr std::size_t unanswered_bytes_max = 16 << 20;
constexpr std::size_t unanswered_max = 1024;

struct ReplyDeleter {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

Arrival arrival_in(const redisReply* reply, std::size_t bytes) {
    if (!reply || reply->type != REDIS_REPLY_STRING || reply->len != bytes)
        return {0, Arrival::Kind::wrong, false};
    return read_stamp({reinterpret_cast<const std::byte*>(reply->str), bytes});
}

/// The server, at a socket that only this user finds.
class Server {
public:
    Server()
        : path_(directory_.path() + "/redis"),
          daemon_(program_of({"redis-server", "redis-check-rdb"}),
                  {"redis-server", "--port", "0", "--unixsocket", path_, "--dir", directory_.path(),
                   "--save", "", "--appendonly", "no", "--client-output-buffer-limit", "pubsub",
                   "0", "0", "0"},
                  [this](const Daemon&) { return answers_at_path(path_); }) {}
    const std::string& path() const noexcept { return path_; }
    const Daemon& daemon() const noexcept { return daemon_; }

private:
    TemporaryDirectory directory_;
    std::string path_;
    Daemon daemon_;
};

class Connection {
public:
    explicit Connection(const std::string& path) : context_(redisConnectUnix(path.c_str())) {
        if (!context_ || context_->err != 0) throw std::runtime_error("cannot reach the server");
        // Large replies are read faster into a buffer that is kept.
        context_->reader->maxbuf = 0;
    }
    ~Connection() { redisFree(context_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void append(const char* format, const char* name, const std::vector<std::byte>& bytes) {
        if (redisAppendCommand(context_, format, name, bytes.data(), bytes.size()) != REDIS_OK)
            fail();
    }
    void append(const char* format, const char* name) {
        if (redisAppendCommand(context_, format, name) != REDIS_OK) fail();
    }
    /// A command that was made before; nothing is appended then.
    void write(std::span<const std::byte> command) {
        while (!command.empty()) {
            const ssize_t size = ::write(context_->fd, command.data(), command.size());
            if (size >= 0)
                command = command.subspan(static_cast<std::size_t>(size));
            else if (errno != EINTR)
                throw std::system_error(errno, std::generic_category(), "write");
        }
    }
    Reply read() {
        void* reply = nullptr;
        if (redisGetReply(context_, &reply) != REDIS_OK) fail();
        Reply held{static_cast<redisReply*>(reply)};
        if (held->type == REDIS_REPLY_ERROR) throw std::runtime_error(held->str);
        return held;
    }

private:
    [[noreturn]] void fail() const { throw std::runtime_error(context_->errstr); }
    redisContext* context_;
};

/// A command, made once: what hiredis makes of each message anew would be memory that is new to the
/// processor.
std::vector<std::byte> publish_command(const char* channel, std::size_t bytes) {
    const std::string message(bytes, 'x');
    char* text = nullptr;
    const int size = redisFormatCommand(&text, "PUBLISH %s %b", channel, message.data(), bytes);
    if (size < 0) throw std::runtime_error("redisFormatCommand");
    const auto* begin = reinterpret_cast<const std::byte*>(text);
    std::vector<std::byte> command(begin, begin + size);
    redisFreeCommand(text);
    return command;
}

/// PUBLISH, pipelined.
class Publishing {
public:
    Publishing(const std::string& path, const char* channel, std::size_t bytes)
        : connection_(path),
          bytes_(bytes),
          command_(publish_command(channel, bytes)),
          unanswered_allowed_(
              std::clamp<std::size_t>(unanswered_bytes_max / bytes, 1, unanswered_max)) {}
    void send(std::uint64_t number) {
        stamp(std::span{command_}.last(bytes_ + 2).first(bytes_), number);
        ++unanswered_;
        if (command_.size() >= write_bytes) {
            connection_.write(command_);
            read_answers();
        } else {
            gathered_.insert(gathered_.end(), command_.begin(), command_.end());
            if (gathered_.size() >= write_bytes) flush();
        }
    }
    void flush() {
        connection_.write(gathered_);
        gathered_.clear();
        read_answers();
    }

private:
    /// When many are due: nobody waits for one.
    void read_answers() {
        if (unanswered_ < unanswered_allowed_) return;
        for (; unanswered_ > unanswered_allowed_ / 2; --unanswered_) connection_.read();
    }
    Connection connection_;
    std::size_t bytes_;
    std::vector<std::byte> command_;
    std::vector<std::byte> gathered_;
    std::size_t unanswered_allowed_;
    std::size_t unanswered_ = 0;
};

class Subscription {
public:
    Subscription(const std::string& path, const char* channel, std::size_t bytes)
        : connection_(path), bytes_(bytes) {
        connection_.append("SUBSCRIBE %s", channel);
        connection_.read();
    }
    Arrival receive() {
        const Reply reply = connection_.read();
        const bool is_message = reply->type == REDIS_REPLY_ARRAY && reply->elements == 3;
        return arrival_in(is_message ? reply->element[2] : nullptr, bytes_);
    }

private:
    Connection connection_;
    std::size_t bytes_;
};

class Conversation {
public:
    Conversation(const std::string& path, const char* out, const char* in, std::size_t bytes)
        : subscription_(path, in, bytes), publishing_(path, out, bytes) {}
    void send(std::uint64_t number) { publishing_.send(number); }
    void flush() { publishing_.flush(); }
    Arrival receive() { return subscription_.receive(); }

private:
    Subscription subscription_;
    Publishing publishing_;
};

Measurement round_trip(const Plan& plan) {
    const Server server;
    const Scene scene{Company::processes, &server.daemon()};
    return round_trip_of(
        plan, scene, [&] { return Conversation(server.path(), "there", "back", plan.bytes); },
        [&] { return Conversation(server.path(), "back", "there", plan.bytes); });
}

Measurement set_and_get(const Plan& plan) {
    const Server server;
    Twins twins{Company::alone, {}, {}};
    twins.near = [&](Arena& arena) {
        Connection connection(server.path());
        std::vector<std::byte> out(plan.bytes, std::byte{'x'});
        const DaemonTime time(arena, &server.daemon());
        ping(arena.near, plan, [&](std::uint64_t number) {
            stamp(out, number);
            connection.append("SET %s %b", "key", out);
            connection.read();
            connection.append("GET %s", "key");
            return arrival_in(connection.read().get(), plan.bytes);
        });
    };
    return run_twins(twins, limit_seconds(plan));
}

Measurement stream_to(std::size_t receivers, const Plan& plan) {
    const Server server;
    const Scene scene{Company::processes, &server.daemon()};
    return stream_of(
        plan, scene, First::receivers, receivers,
        [&] { return Publishing(server.path(), "there", plan.bytes); },
        [&](std::size_t) { return Subscription(server.path(), "there", plan.bytes); });
}

Measurement stream(const Plan& plan) { return stream_to(1, plan); }
Measurement fan_out(const Plan& plan) { return stream_to(receivers_max, plan); }

}  // namespace

Rival redis() {
    const std::string hiredis = std::to_string(HIREDIS_MAJOR) + "." +
                                std::to_string(HIREDIS_MINOR) + "." + std::to_string(HIREDIS_PATCH);
    return {
        "redis",
        version_of(program_of({"redis-server", "redis-check-rdb"})) + " (hiredis " + hiredis + ")",
        "PUBLISH and SUBSCRIBE over a unix socket, pipelined in 64 KiB (redis.io, Pipelining), "
        "commands formatted once, nothing stored on disk, no limit on what waits for a subscriber, "
        "which would be cut off "
        "(client-output-buffer-limit), reader buffers kept (hiredis, Reader max buffer); get: SET, "
        "then GET",
        {{Job::round_trip, Way::unix_socket, round_trip},
         {Job::round_trip, Way::unix_socket, set_and_get, "get"},
         {Job::stream, Way::unix_socket, stream},
         {Job::fan_out, Way::unix_socket, fan_out}}};
}

}  // namespace mycelium::bench
