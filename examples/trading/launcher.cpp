// The launcher: three processes of this program, and nothing left of them afterwards.
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "places.h"
#include "services.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using mycelium::Errc;
using mycelium::Error;
using mycelium::Instant;
using mycelium::Result;

constexpr mycelium::Duration goodbye_max =
    5s;  // for the end to travel from the adapter to the table
constexpr mycelium::Duration terminate_max = 2s;   // for a service that was told to stop
constexpr mycelium::Duration insistence_min = 1s;  // between the first signal and one that hurries

Error system_error(std::string_view what) {
    return {Errc::internal, std::string{what} + ": " + std::strerror(errno), errno};
}

bool is_free(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_bound =
        bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return is_bound;
}

/// Below the ports that the kernel gives to clients; where the search begins depends on the
/// process, so that two jobs hardly ever look at the same ones.
Result<std::string> free_tcp_base() {
    constexpr std::uint16_t first = 20'000;
    constexpr std::uint16_t blocks = 1'200;
    constexpr std::uint16_t block_ports = 5;
    for (std::uint16_t i = 0; i < blocks; ++i) {
        const auto block =
            static_cast<std::uint16_t>((static_cast<unsigned>(getpid()) + i) % blocks);
        const auto base = static_cast<std::uint16_t>(first + block * block_ports);
        std::uint16_t free = 0;
        while (free < block_ports && is_free(static_cast<std::uint16_t>(base + free))) ++free;
        if (free == block_ports) return "tcp://127.0.0.1:" + std::to_string(base);
    }
    return Error{Errc::unavailable,
                 "no five free tcp ports from 20000 to 25999: choose some with --at"};
}

/// An abstract name vanishes with the sockets bound to it, however they end: there is no file to
/// leave behind.
Result<std::string> private_base(const Options& options) {
    if (!options.at.empty()) return options.at;
    if (options.transport == "tcp") return free_tcp_base();
    const std::string place = options.transport == "shm" ? "shm://" : "unix://@";
    return place + "mycelium-trading-" + std::to_string(getpid()) + "-" +
           std::to_string(std::random_device{}());
}

/// Owns the three processes. The end of the job is asked of the adapter, and travels through the
/// pipeline as a message; who is not gone in time is told, and then killed.
class Launcher {
public:
    explicit Launcher(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}
    ~Launcher();
    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;

    /// The exit code: 1 if a service failed, which has said why itself.
    Result<int> run();

private:
    struct Service {
        Role role;
        pid_t pid = 0;  ///< 0: not running
    };
    enum class Stage { running, leaving, terminating, killing };

    Result<void> watch_signals();
    Result<void> start(Service& service);
    [[noreturn]] void become(Role role, pid_t parent) const;
    void wait_for_news();
    void on_stop_signal();
    void reap();
    void on_end_of(const Service& service, int status);
    void go_to(Stage stage);
    void send(int signal_number) const;
    bool is_anybody_there() const;

    std::vector<std::string> arguments_;
    std::array<Service, 3> services_{{{Role::adapter}, {Role::strategy}, {Role::table}}};
    sigset_t original_mask_{};
    int signals_ = -1;
    Stage stage_ = Stage::running;
    Instant next_stage_ = mycelium::never;
    std::string failure_;  ///< what no service can have said
    int exit_code_ = 0;
};

Launcher::~Launcher() {
    send(SIGKILL);
    for (const Service& service : services_)
        if (service.pid != 0) waitpid(service.pid, nullptr, 0);
    if (signals_ >= 0) close(signals_);
}

Result<int> Launcher::run() {
    MYCELIUM_TRY(watch_signals());
    for (Service& service : services_) {
        MYCELIUM_TRY(start(service));
    }
    while (is_anybody_there()) {
        wait_for_news();
        if (Clock::now() >= next_stage_)
            go_to(stage_ == Stage::leaving ? Stage::terminating : Stage::killing);
    }
    if (!failure_.empty()) return Error{Errc::failed, failure_};
    return exit_code_;
}

/// A stop of the terminal is blocked and never looked at: it would stop this process and none of
/// the others.
Result<void> Launcher::watch_signals() {
    std::signal(SIGCHLD, SIG_DFL);
    sigset_t all;
    sigemptyset(&all);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&all, number);
    signals_ = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    sigaddset(&all, SIGTSTP);
    if (signals_ < 0 || sigprocmask(SIG_BLOCK, &all, &original_mask_) != 0)
        return system_error("signals");
    return {};
}

Result<void> Launcher::start(Service& service) {
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) return system_error("starting the " + std::string{name_of(service.role)});
    if (pid == 0) become(service.role, parent);
    service.pid = pid;
    return {};
}

/// A group of its own, so that Ctrl-C reaches the launcher alone; and the kernel's promise that it
/// dies with the launcher.
void Launcher::become(Role role, pid_t parent) const {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGTTOU, SIG_IGN);
    sigprocmask(SIG_SETMASK, &original_mask_, nullptr);
    if (getppid() != parent) _exit(1);
    std::string program{"mycelium-trading"};
    std::string part{name_of(role)};
    std::vector<std::string> owned{arguments_};
    std::vector<char*> argv{program.data(), part.data()};
    for (std::string& argument : owned) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv("/proc/self/exe", argv.data());
    std::fprintf(stderr, "mycelium-trading: /proc/self/exe: %s\n", std::strerror(errno));
    _exit(1);
}

/// Until a signal comes or the next stage is due.
void Launcher::wait_for_news() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_stage_ - Clock::now());
    const int timeout_ms = next_stage_ == mycelium::never
                               ? -1
                               : static_cast<int>(std::max<std::int64_t>(0, left.count()));
    pollfd ask{signals_, POLLIN, 0};
    poll(&ask, 1, timeout_ms);
    signalfd_siginfo news{};
    while (read(signals_, &news, sizeof news) == sizeof news) {
        if (news.ssi_signo == SIGCHLD)
            reap();
        else
            on_stop_signal();
    }
}

/// Who insists does not have to wait. Some senders (timeout, for one) send everything twice in a
/// row: that is once.
void Launcher::on_stop_signal() {
    if (stage_ == Stage::running) return go_to(Stage::leaving);
    const bool insists = next_stage_ - Clock::now() < goodbye_max - insistence_min;
    if (stage_ == Stage::leaving && insists) go_to(Stage::terminating);
}

void Launcher::reap() {
    for (Service& service : services_) {
        int status = 0;
        if (service.pid == 0 || waitpid(service.pid, &status, WNOHANG) != service.pid) continue;
        service.pid = 0;
        on_end_of(service, status);
    }
}

/// Who ends well has passed the end on: the others follow. Of who does not, the first is the reason
/// for everything else.
void Launcher::on_end_of(const Service& service, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return go_to(Stage::leaving);
    if (stage_ < Stage::terminating) {
        exit_code_ = 1;
        if (WIFSIGNALED(status))
            failure_ = "the " + std::string{name_of(service.role)} + " was ended by signal " +
                       std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
    }
    go_to(Stage::terminating);
}

/// Only ever forwards.
void Launcher::go_to(Stage stage) {
    if (stage <= stage_) return;
    stage_ = stage;
    switch (stage) {
        case Stage::running:
            break;
        case Stage::leaving:
            if (services_[0].pid != 0) kill(services_[0].pid, SIGTERM);
            next_stage_ = mycelium::after(goodbye_max);
            break;
        case Stage::terminating:
            send(SIGTERM);
            next_stage_ = mycelium::after(terminate_max);
            break;
        case Stage::killing:
            if (failure_.empty()) failure_ = "a service did not end and was killed";
            send(SIGKILL);
            next_stage_ = mycelium::never;
            break;
    }
}

void Launcher::send(int signal_number) const {
    for (const Service& service : services_)
        if (service.pid != 0) kill(service.pid, signal_number);
}

bool Launcher::is_anybody_there() const {
    for (const Service& service : services_)
        if (service.pid != 0) return true;
    return false;
}

}  // namespace

Result<int> run_launcher(const Options& options, std::span<const std::string_view> arguments) {
    MYCELIUM_TRY_ASSIGN(const std::string base, private_base(options));
    MYCELIUM_TRY(Places::under(base));
    std::vector<std::string> handed_on(arguments.begin(), arguments.end());
    handed_on.insert(handed_on.end(), {"--at", base});
    Launcher launcher{std::move(handed_on)};
    return launcher.run();
}

}  // namespace trading
