#include "launch.h"

#include <signal.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "balance.h"
#include "balance_text.h"
#include "fabric_text.h"
#include "free_ports.h"
#include "job.h"
#include "other_host.h"
#include "output.h"
#include "recordings.h"
#include "view.h"

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;
namespace fs = std::filesystem;

constexpr std::string_view folder_prefix = "mycelium-trading-";
constexpr std::uint64_t head_start_ns = 300'000'000;  // for the services to begin in

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

/// Those whose pages are not here.
std::vector<std::string> services_elsewhere(const Options& options) {
    if (options.mode != "hosts" || options.host.empty()) return {};
    return services_on(options.host == "desk" ? "venues" : "desk");
}

/// The summary as the table has left it; none: it has left none.
std::optional<std::string> summary_of(const Job& job) {
    std::ifstream file{job.summary_path(), std::ios::binary};
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The summary with the ledger; by itself if there is no summary but something to tell. Faults are
/// said aloud. Returns whether it balances.
Result<bool> tell(const Job& job, const Options& options) {
    MYCELIUM_TRY_ASSIGN(const auto pages, Ledger::read(job.folder));
    const Balance balance = balance_of(pages, readership(), services_elsewhere(options));
    for (const std::string& fault : balance.faults)
        std::fprintf(stderr, "mycelium-trading: the ledger does not balance: %s\n", fault.c_str());
    const auto summary = summary_of(job);
    if (!summary && balance.is_balanced() && balance.is_empty()) return true;
    const std::string before =
        summary ? with_losses(*summary, balance.missed(), options.is_json) : "";
    if (options.is_json)
        MYCELIUM_TRY(write_output((summary ? before + "," : "{") + R"("ledger":)" +
                                  balance_json(balance) + "}\n"));
    else
        MYCELIUM_TRY(write_output((summary ? before + "\n" : "") + balance_text(balance)));
    return balance.is_balanced();
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
        MYCELIUM_TRY_ASSIGN(OtherHost started,
                            OtherHost::start(options, job, job.fabric + "@" + run.host));
        other.emplace(std::move(started));
    }
    int code = mycelium::run(std::move(services), std::move(run));
    if (other) code = std::max(code, other->end());
    if (begun) return code;
    MYCELIUM_TRY_ASSIGN(const bool is_balanced, tell(job, options));
    return code == 0 && !is_balanced ? 1 : code;
}

}  // namespace trading
