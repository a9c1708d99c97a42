#include "other_host.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include <mycelium/mycelium.h>

#include "fabric_status.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

constexpr const char* job_variable = "MYCELIUM_TRADING_JOB";  // to the other host's part

/// The folder is last, since anything may be in its name.
std::string text_of(const Job& job) {
    return std::to_string(job.began_ns) + "\n" + job.fabric + "\n" + job.folder;
}

/// Our own words, and what else the other part needs.
std::vector<std::string> command_line(const Options& options) {
    std::ifstream file{"/proc/self/cmdline", std::ios::binary};
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
    words.insert(words.end(), {"--host", "venues", "--port", std::to_string(options.port)});
    return words;
}

std::string end_of(const siginfo_t& news) {
    return (news.si_code == CLD_EXITED ? "with exit code " : "by signal ") +
           std::to_string(news.si_status);
}

}  // namespace

/// Waits for the other part's end without taking it away from who waits for that afterwards. If
/// nobody expects it, it takes our own part down by its control plane: a signal to ourselves would
/// end us at once if the user had sent one already.
class OtherHost::Watch {
public:
    Watch(pid_t pid, std::string own_part)
        : pid_(pid), own_part_(std::move(own_part)), thread_([this] { watch(); }) {}
    Watch(const Watch&) = delete;
    ~Watch() { thread_.join(); }

    /// From now on its end is expected. Has it come before?
    bool expect() {
        First nobody = First::nobody;
        is_own_over_ = true;
        return !first_.compare_exchange_strong(nobody, First::ours);
    }

private:
    enum class First { nobody, ours, other };  // to end

    void watch() {
        siginfo_t news{};
        while (waitid(P_PID, static_cast<id_t>(pid_), &news, WEXITED | WNOWAIT) != 0)
            if (errno != EINTR) return;
        First nobody = First::nobody;
        if (!first_.compare_exchange_strong(nobody, First::other)) return;
        std::fprintf(stderr,
                     "mycelium-trading: the venues' part has ended before the desk's, %s: the "
                     "desk is stopped\n",
                     end_of(news).c_str());
        take_down();
    }

    /// Again and again: our part may not have begun yet.
    void take_down() const {
        mycelium::Node node{"watch"};
        auto control = fabric_control(node, own_part_);
        while (control && !is_own_over_)
            if (!control->call({}, 500ms, "down")) std::this_thread::sleep_for(10ms);
    }

    const pid_t pid_;
    const std::string own_part_;
    std::atomic<First> first_{First::nobody};
    std::atomic<bool> is_own_over_{false};
    std::thread thread_;  // the last: it uses the others
};

Result<OtherHost> OtherHost::start(const Options& options, const Job& job, std::string own_part) {
    std::vector<std::string> words = command_line(options);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (setenv(job_variable, text_of(job).c_str(), 1) != 0)
        return Error{Errc::overloaded, "no memory"};
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        // Ctrl-C reaches us alone, who pass it on when our part has ended.
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        execv("/proc/self/exe", argv.data());
        _exit(127);
    }
    unsetenv(job_variable);
    if (pid < 0) return Error{Errc::overloaded, std::string{"fork: "} + std::strerror(errno)};
    return OtherHost{pid, std::make_unique<Watch>(pid, std::move(own_part))};
}

OtherHost::OtherHost(pid_t pid, std::unique_ptr<Watch> watch) noexcept
    : pid_(pid), watch_(std::move(watch)) {}

OtherHost::OtherHost(OtherHost&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), watch_(std::move(other.watch_)) {}

OtherHost::~OtherHost() { (void)end(); }

int OtherHost::end() {
    if (pid_ == 0) return 0;
    const bool was_first = watch_->expect();
    kill(pid_, SIGTERM);
    watch_.reset();
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    return was_first ? std::max(code, 1) : code;
}

std::optional<Job> job_from_environment() {
    const char* const text = std::getenv(job_variable);
    if (text == nullptr) return std::nullopt;
    const std::string_view facts{text};
    const std::size_t first = facts.find('\n');
    const std::size_t second = facts.find('\n', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    Job job;
    std::from_chars(facts.data(), facts.data() + first, job.began_ns);
    job.fabric = facts.substr(first + 1, second - first - 1);
    job.folder = facts.substr(second + 1);
    return job;
}

}  // namespace trading
