#include "host/os/kept_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "host/os/children.h"
#include "host/os/error.h"
#include "host/os/spawning.h"
#include "host/os/thread.h"

namespace mycelium::os {

namespace {

// What the keeper takes from its parent. SIGUSR1 also comes when that one dies.
constexpr int terminate_signal = SIGTERM;
constexpr int kill_signal = SIGUSR1;
constexpr int news_fd = 3;

/// What the keeper writes: first the program's pid, then how it ended, then that nothing is left.
struct News {
    pid_t pid = 0;  // 0: there is none
    int has_ended = 0;
    int status = 0;
    int is_over = 0;
};

/// All that is needed between fork and exec, made before: nothing may be allocated there.
struct Prepared {
    const char* path;
    char* const* words;
    char* const* environment;
    const char* directory;  // null: ours
    const char* complaint;  // "cannot run PATH: "
    int input, output, errors, news;
    pid_t parent;
    unsigned long timer_slack;  // in ns
    bool has_proc_children;
};

void write_all(int fd, const void* data, std::size_t size) noexcept {
    // Small enough for a pipe to take in one piece.
    while (::write(fd, data, size) < 0 && errno == EINTR) {
    }
}

void complain(const char* complaint, int error, int fd = 2) noexcept {
    const char* reason = ::strerrordesc_np(error);
    if (reason == nullptr) reason = "unknown error";
    write_all(fd, complaint, std::strlen(complaint));
    write_all(fd, reason, std::strlen(reason));
    write_all(fd, "\n", 1);
}

/// The program's own process. Async-signal-safe.
[[noreturn]] void become(const Prepared& prepared, pid_t keeper) noexcept {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != keeper) ::_exit(127);
    spawning::restore_signals();
    if (prepared.timer_slack != 0) ::prctl(PR_SET_TIMERSLACK, prepared.timer_slack, 0UL, 0UL, 0UL);
    if (prepared.directory != nullptr && ::chdir(prepared.directory) != 0)
        complain(prepared.complaint, errno);
    else if (::execvpe(prepared.path, prepared.words, prepared.environment) != 0)
        complain(prepared.complaint, errno);
    ::_exit(127);
}

/// Waits for all children that have ended; notes how the program did. False: there are no others.
bool reap(News& news) noexcept {
    int status = 0;
    for (;;) {
        const pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid < 0) return errno != ECHILD;
        if (pid == 0) return true;
        if (pid == news.pid) {
            news.has_ended = 1;
            news.status = status;
        }
    }
}

/// Each killed child's own children come to us by that, until there are none. Those of one that
/// cannot be killed may come at any time and without a signal: looks again without end.
void end_all(News& news, bool has_proc_children) noexcept {
    constexpr timespec between_looks{0, 100'000'000};
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    for (;;) {
        if (news.has_ended == 0) ::kill(-news.pid, SIGKILL);
        children::for_each_of_single_thread(has_proc_children,
                                            [](pid_t pid) { ::kill(pid, SIGKILL); });
        const bool had_ended = news.has_ended != 0;
        const bool is_any_left = reap(news);
        if (!had_ended && news.has_ended != 0) write_all(news_fd, &news, sizeof news);
        if (!is_any_left) return;
        ::sigtimedwait(&child, nullptr, &between_looks);
    }
}

void close_all_from(int first) noexcept {
    if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
    for (int fd = first; fd < 65536; ++fd) ::close(fd);
}

/// The keeper's whole life, with every signal blocked. Async-signal-safe: its parent may have had
/// any number of threads, and it never calls exec.
[[noreturn]] void keep(const Prepared& prepared) noexcept {
    ::signal(SIGCHLD, SIG_DFL);  // were it ignored, nobody could be waited for
    ::setsid();  // beyond the reach of the terminal and of whoever kills our process group
    ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    ::prctl(PR_SET_NAME, "keeper");
    ::prctl(PR_SET_PDEATHSIG, kill_signal);
    if (::getppid() != prepared.parent) ::_exit(127);
    const int kept_news = ::fcntl(prepared.news, F_DUPFD_CLOEXEC, 10);
    if (kept_news < 0 || !spawning::install(prepared.input, prepared.output, prepared.errors) ||
        ::dup3(kept_news, news_fd, O_CLOEXEC) < 0) {
        complain(prepared.complaint, errno, prepared.errors);
        ::_exit(127);
    }
    close_all_from(news_fd + 1);

    News news;
    const pid_t self = ::getpid();
    news.pid = ::_Fork();
    if (news.pid == 0) become(prepared, self);
    if (news.pid < 0) {
        complain(prepared.complaint, errno);
        news = {0, 1, 127 << 8, 0};
    } else {
        ::setpgid(news.pid, news.pid);  // whoever of us two comes first
    }
    // Nothing that others wait for the end of may stay open here.
    for (int fd = 0; fd < news_fd; ++fd) ::close(fd);
    if (news.has_ended == 0) write_all(news_fd, &news, sizeof news);
    sigset_t all;
    ::sigfillset(&all);
    bool is_over = news.has_ended != 0;
    while (!is_over) {
        const int number = ::sigwaitinfo(&all, nullptr);
        if (number == terminate_signal) ::kill(-news.pid, SIGTERM);
        if (number == SIGCHLD) reap(news);
        is_over = news.has_ended != 0 || number == kill_signal;
    }
    // Told before the rest is ended, which may take for ever.
    if (news.has_ended != 0) write_all(news_fd, &news, sizeof news);
    end_all(news, prepared.has_proc_children);
    news.has_ended = news.is_over = 1;
    write_all(news_fd, &news, sizeof news);
    ::_exit(0);
}

ChildEnd end_of(int status) noexcept {
    if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
    return {WEXITSTATUS(status), 0};
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

Result<KeptProcess> KeptProcess::start(const Program& program, Kernel kernel) {
    if (program.words.empty()) return Error{Errc::invalid, "no program is named"};
    const std::string& path = program.path.empty() ? program.words.front() : program.path;
    const std::string complaint =
        "cannot run " + path + (program.directory.empty() ? "" : " in " + program.directory) + ": ";
    const std::vector<char*> words = pointers_to(program.words);
    const std::vector<char*> environment =
        spawning::environment_with(program.environment, program.removed);
    spawning::Pipe output, errors, news;
    const bool has_pipes = !program.keeps_output;
    if ((has_pipes && (!output.open() || !errors.open())) || !news.open())
        return error_from(errno, "pipe");
    int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0) return error_from(errno, "opening /dev/null");

    const Prepared prepared{path.c_str(),
                            words.data(),
                            environment.data(),
                            program.directory.empty() ? nullptr : program.directory.c_str(),
                            complaint.c_str(),
                            input,
                            has_pipes ? output.write : STDOUT_FILENO,
                            has_pipes ? errors.write : STDERR_FILENO,
                            news.write,
                            ::getpid(),
                            coarse_timer_slack(),
                            kernel.has_proc_children};
    const spawning::SignalsBlocked blocked;
    const pid_t keeper = ::fork();
    const int error = errno;
    if (keeper == 0) keep(prepared);
    spawning::Pipe::close(input);
    if (keeper < 0) return error_from(error, "fork");

    KeptProcess kept;
    kept.keeper_ = keeper;
    kept.generation_ = fork_generation();
    if (has_pipes) {
        kept.output_ = spawning::Pipe::keep(output.read);
        kept.errors_ = spawning::Pipe::keep(errors.read);
    }
    kept.news_ = spawning::Pipe::keep(news.read);
    return kept;
}

KeptProcess::KeptProcess(KeptProcess&& other) noexcept
    : keeper_(std::exchange(other.keeper_, -1)),
      pid_(std::exchange(other.pid_, 0)),
      generation_(other.generation_),
      status_(other.status_),
      is_over_(other.is_over_),
      was_keeper_killed_(other.was_keeper_killed_),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      news_(std::move(other.news_)) {}

KeptProcess& KeptProcess::operator=(KeptProcess&& other) noexcept {
    if (this == &other) return *this;
    end();
    keeper_ = std::exchange(other.keeper_, -1);
    pid_ = std::exchange(other.pid_, 0);
    generation_ = other.generation_;
    status_ = other.status_;
    is_over_ = other.is_over_;
    was_keeper_killed_ = other.was_keeper_killed_;
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
    news_ = std::move(other.news_);
    return *this;
}

KeptProcess::~KeptProcess() { end(); }

void KeptProcess::end() noexcept {
    if (keeper_ < 0 || generation_ != fork_generation()) return;
    kill();
    while (::waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) {
    }
    keeper_ = -1;
}

void KeptProcess::terminate() noexcept {
    if (keeper_ > 0) ::kill(keeper_, terminate_signal);
}

void KeptProcess::kill() noexcept {
    if (keeper_ > 0) ::kill(keeper_, kill_signal);
}

/// False: no more will come, for the keeper is ending or has been killed.
bool KeptProcess::read_news() noexcept {
    News news;
    for (;;) {
        const ssize_t count = ::read(news_.get(), &news, sizeof news);
        if (count == static_cast<ssize_t>(sizeof news)) {
            pid_ = news.pid;
            if (news.has_ended != 0) status_ = news.status;
            is_over_ = news.is_over != 0;
        } else if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
            return false;
        } else if (errno == EAGAIN) {
            return true;
        }
    }
}

std::optional<ChildEnd> KeptProcess::try_wait() noexcept {
    if (keeper_ < 0) return std::nullopt;
    const bool may_more_come = read_news();
    // A fork of ours made meanwhile by others may hold the pipe open: what it says counts, too.
    if (may_more_come && !is_over_) return std::nullopt;
    int kept = SIGKILL;  // if others have waited for it
    while (::waitpid(keeper_, &kept, 0) < 0 && errno == EINTR) {
    }
    keeper_ = -1;
    was_keeper_killed_ = !is_over_ && WIFSIGNALED(kept);
    return status_ ? end_of(*status_) : end_of(kept);
}

std::optional<ChildEnd> KeptProcess::programs_end() const noexcept {
    if (!status_) return std::nullopt;
    return end_of(*status_);
}

void become_subreaper() noexcept { ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL); }

bool end_children_except(std::span<const pid_t> kept, Kernel kernel) {
    bool is_any_left = false;
    for (const pid_t pid : children::of(::getpid(), kernel)) {
        if (std::find(kept.begin(), kept.end(), pid) != kept.end()) continue;
        is_any_left = true;  // also if it ends at once: its own children have come to us by that
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, WNOHANG);
    }
    return !is_any_left;
}

}  // namespace mycelium::os
