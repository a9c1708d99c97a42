#include "peer.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

extern char** environ;

namespace mycelium::conformance {
namespace {

constexpr int part_fd = 3;

/// Starts this program anew with its end of the channel as descriptor 3.
pid_t spawn(const Part& part, int fd) {
    std::vector<std::string> line = part.command_line();
    line.insert(line.begin(), "conformance-peer");
    std::vector<char*> argv;
    for (auto& word : line) argv.push_back(word.data());
    argv.push_back(nullptr);
    // Never onto itself: dup2 would keep close-on-exec then.
    const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, high, part_fd);
    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(high);
    if (error != 0) throw std::system_error{error, std::generic_category(), "posix_spawn"};
    return pid;
}

}  // namespace

Peer::Peer(Deployment deployment, Part part) {
    auto [ours, theirs] = Channel::pair();
    channel_ = std::make_unique<Channel>(std::move(ours));
    if (deployment == Deployment::processes) {
        pid_ = spawn(part, theirs.fd());
        return;
    }
    other_ = std::make_unique<Channel>(std::move(theirs));
    thread_code_ = std::make_shared<int>(-1);
    thread_ = std::thread{[part = std::move(part), channel = other_.get(), code = thread_code_] {
        *code = play(part, *channel);
        channel->finish();
    }};
}

Peer::Peer(Peer&&) noexcept = default;

Peer::~Peer() {
    if (!channel_) return;
    channel_->finish();
    if (thread_.joinable()) thread_.join();
    if (pid_ > 0 && !wait(patience)) kill();
}

std::string Peer::hear(Duration limit) {
    if (auto line = channel_->hear(limit)) return *line;
    return channel_->has_ended() ? "<it has ended>" : "<nothing was said>";
}

int Peer::finish() {
    channel_->finish();
    if (thread_.joinable()) {
        thread_.join();
        return *thread_code_;
    }
    if (auto code = wait(patience)) return *code;
    kill();
    return *code_;
}

void Peer::signal(int number) const noexcept {
    if (pid_ > 0 && !code_) ::kill(pid_, number);
}

void Peer::kill() {
    signal(SIGKILL);
    (void)wait(std::chrono::hours{1});
}

std::optional<int> Peer::wait(Duration limit) {
    eventually(
        [this] {
            int status = 0;
            if (!code_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
                code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
            return code_.has_value();
        },
        limit);
    return code_;
}

std::optional<int> play_if_asked(int argc, char** argv, int (*player)(const Part&, Channel&)) {
    const Part part = Part::from(argc, argv);
    if (part.name.empty()) return std::nullopt;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies takes its peers with it
    ::fcntl(part_fd, F_SETFD, FD_CLOEXEC);
    Channel channel{part_fd};
    return player(part, channel);
}

}  // namespace mycelium::conformance
