#include "launch.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "balance.h"
#include "fabric_text.h"
#include "job.h"
#include "output.h"
#include "places.h"
#include "recordings.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;
namespace fs = std::filesystem;

constexpr std::string_view folder_prefix = "mycelium-trading-";
constexpr std::uint64_t head_start_ns = 300'000'000;          // for the services to begin in
constexpr const char* job_variable = "MYCELIUM_TRADING_JOB";  // to the other host's part

/// The job's own, removed with everything in it. One that was killed leaves its folder to the next
/// one, which sees by the pid in its name that nobody needs it.
class Folder {
public:
    static Result<Folder> make() {
        std::error_code error;
        const fs::path base = fs::temp_directory_path(error);
        if (error) return Error{Errc::invalid, "no folder for temporary files: " + error.message()};
        remove_stale(base);
        std::string path =
            base / (std::string{folder_prefix} + std::to_string(getpid()) + "-XXXXXX");
        if (!mkdtemp(path.data()))
            return Error{Errc::invalid, path + ": " + std::strerror(errno), errno};
        return Folder{path};
    }
    Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    Folder& operator=(Folder&&) = delete;
    ~Folder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

private:
    explicit Folder(std::string path) : path_(std::move(path)) {}
    static void remove_stale(const fs::path& base) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator{base, ignored}) {
            const std::string name = entry.path().filename();
            if (!name.starts_with(folder_prefix)) continue;
            const int pid = std::atoi(name.c_str() + folder_prefix.size());
            if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) fs::remove_all(entry, ignored);
        }
    }
    std::string path_;
};

/// This program once more, for the other host's part on this machine. Told to end by the
/// destructor, which waits for that.
class OtherHost {
public:
    static Result<OtherHost> start(const Options& options, const Job& job) {
        std::ifstream file{"/proc/self/cmdline", std::ios::binary};
        std::vector<std::string> words;
        for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
        words.insert(words.end(), {"--host", "venues", "--port", std::to_string(options.port)});
        std::string facts = job.folder + " " + std::to_string(job.began_ns) + " " + job.fabric;
        if (setenv(job_variable, facts.c_str(), 1) != 0)
            return Error{Errc::overloaded, "no memory"};
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
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
        return OtherHost{pid};
    }
    OtherHost(OtherHost&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
    OtherHost& operator=(OtherHost&&) = delete;
    ~OtherHost() { (void)end(); }
    /// Its exit code.
    int end() {
        if (pid_ == 0) return 0;
        kill(pid_, SIGTERM);
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }

private:
    explicit OtherHost(pid_t pid) noexcept : pid_(pid) {}
    pid_t pid_;
};

Result<std::string> private_base(const Options& options, const std::string& name) {
    if (!options.at.empty()) return options.at;
    if (options.transport == "tcp") {
        MYCELIUM_TRY_ASSIGN(const std::uint16_t port,
                            free_ports(static_cast<std::uint16_t>(link_names(options).size())));
        return "tcp://127.0.0.1:" + std::to_string(port);
    }
    // An abstract name vanishes with the sockets bound to it, however they end.
    return (options.transport == "unix" ? "unix://@mycelium-" : "shm://mycelium-") + name;
}

void say_what_is_played(const Options& options) {
    if (options.trades.empty())
        std::fprintf(
            stderr,
            "mycelium-trading: no --trades FILE, so the generator feeds both venues (seed %llu)\n",
            static_cast<unsigned long long>(options.seed));
}

/// The summary as the table has left it, with the ledger. Nothing, if it has left none.
Result<bool> tell(const Job& job, bool is_json) {
    MYCELIUM_TRY_ASSIGN(const auto pages, Ledger::read(job.folder));
    const Balance balance = balance_of(pages, readership());
    std::ifstream file{job.summary_path(), std::ios::binary};
    if (!file) return balance.is_balanced();
    std::ostringstream text;
    text << file.rdbuf();
    if (is_json)
        text << R"(,"ledger":)" << balance_json(balance) << "}\n";
    else
        text << "\n" << balance_text(balance);
    MYCELIUM_TRY(write_output(text.str()));
    return balance.is_balanced();
}

/// The other host's part of a job that somebody else has begun on this machine.
std::optional<Job> job_from_environment() {
    const char* const facts = std::getenv(job_variable);
    if (facts == nullptr) return std::nullopt;
    Job job;
    std::istringstream{facts} >> job.folder >> job.began_ns >> job.fabric;
    return job;
}

}  // namespace

Result<int> launch(const Options& given, mycelium::ServiceFunctions services) {
    Options options = given;
    std::optional<Job> begun = job_from_environment();
    std::optional<Folder> folder;
    Job job;
    if (begun) {
        job = *begun;
    } else {
        MYCELIUM_TRY(open_recording(options, {}));  // what can be told in one line should be
        const std::string own = options.host.empty() ? "-" + std::to_string(getpid()) : "";
        job.fabric = "trading" + own;
        MYCELIUM_TRY_ASSIGN(Folder made, Folder::make());
        folder.emplace(std::move(made));
        job.folder = folder->path();
        job.began_ns = unix_time_ns() + head_start_ns;
    }
    const bool is_both_hosts = options.mode == "hosts" && options.host.empty();
    if (is_both_hosts && options.port == 0) {
        MYCELIUM_TRY_ASSIGN(options.port,
                            free_ports(static_cast<std::uint16_t>(link_names(options).size())));
    }
    if (options.mode != "hosts") {
        MYCELIUM_TRY_ASSIGN(options.at, private_base(options, job.fabric));
    }
    mycelium::RunOptions run;
    MYCELIUM_TRY_ASSIGN(run.text, fabric_text(options, job.fabric));
    run.file = "the job's fabric";
    run.mode = options.mode;
    if (options.mode == "hosts") run.host = is_both_hosts ? "desk" : options.host;
    run.arguments = job.arguments();
    if (!begun) say_what_is_played(options);

    std::optional<OtherHost> other;
    if (is_both_hosts) {
        MYCELIUM_TRY_ASSIGN(OtherHost started, OtherHost::start(options, job));
        other.emplace(std::move(started));
    }
    int code = mycelium::run(std::move(services), std::move(run));
    if (other) code = std::max(code, other->end());
    if (begun) return code;
    MYCELIUM_TRY_ASSIGN(const bool is_balanced, tell(job, options.is_json));
    return code == 0 && !is_balanced ? 1 : code;
}

}  // namespace trading
