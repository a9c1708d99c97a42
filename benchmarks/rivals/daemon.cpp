#include "benchmarks/rivals/daemon.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/raw/clock.h"
#include "benchmarks/raw/socket_pair.h"

namespace mycelium::bench {
namespace {

constexpr std::uint64_t ready_ns_max = 10'000'000'000;
constexpr std::uint64_t end_ns_max = 2'000'000'000;
constexpr std::size_t last_words_bytes = 300;

void rest() noexcept {
    const timespec pause{0, 2'000'000};
    ::nanosleep(&pause, nullptr);
}

[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // A terminal's Ctrl-C goes to the whole group: the parent ends it, in order.
    std::signal(SIGINT, SIG_IGN);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    std::vector<char*> words;
    for (const std::string& argument : arguments)
        words.push_back(const_cast<char*>(argument.data()));
    words.push_back(nullptr);
    ::execv(program.c_str(), words.data());
    ::_exit(127);
}

sockaddr_in loopback(std::uint16_t port) noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

template <class Address>
bool connects(int family, const Address& address) noexcept {
    const Socket socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Daemon::Daemon(const std::string& program, const std::vector<std::string>& arguments,
               const std::function<bool(const Daemon&)>& is_ready)
    : output_(::memfd_create("output", MFD_CLOEXEC)) {
    if (program.empty()) throw std::runtime_error(arguments.front() + " is not installed");
    pid_ = ::fork();
    if (pid_ == 0) become(program, arguments, output_);
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    ::clock_getcpuclockid(pid_, &clock_);
    for (const std::uint64_t deadline = now_ns() + ready_ns_max; !is_ready(*this); rest()) {
        if (!has_ended() && now_ns() < deadline) continue;
        const std::string text = output();
        const std::string words =
            text.substr(text.size() - std::min(text.size(), last_words_bytes));
        end();
        throw std::runtime_error(program + " did not start: " + words);
    }
}

Daemon::~Daemon() { end(); }

std::uint64_t Daemon::cpu_ns() const noexcept { return read_clock_ns(clock_); }

bool Daemon::has_ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
}

void Daemon::end() noexcept {
    if (pid_ > 0) ::kill(pid_, SIGTERM);
    for (const std::uint64_t deadline = now_ns() + end_ns_max; !has_ended() && now_ns() < deadline;)
        rest();
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    if (output_ >= 0) ::close(output_);
    output_ = -1;
}

std::string Daemon::output() const {
    const off_t size = ::lseek(output_, 0, SEEK_END);
    std::string text(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    const ssize_t got = ::pread(output_, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

std::uint16_t free_tcp_port() {
    const Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::system_error(errno, std::generic_category(), "a free port");
    return ntohs(address.sin_port);
}

bool answers_at_port(std::uint16_t port) noexcept { return connects(AF_INET, loopback(port)); }

bool answers_at_path(const std::string& path) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    return connects(AF_UNIX, address);
}

std::string version_of(const std::string& program) {
    const std::string unknown = "of unknown version";
    FILE* pipe = program.empty() ? nullptr : ::popen((program + " --version 2>&1").c_str(), "r");
    if (!pipe) return unknown;
    char word[64];
    std::string version;
    while (version.empty() && std::fscanf(pipe, "%63s", word) == 1) {
        const char* digits = word + (word[0] == 'v');
        digits += digits[0] == '=';
        if (digits[0] >= '0' && digits[0] <= '9') version = digits;
    }
    ::pclose(pipe);
    return version.empty() ? unknown : version;
}

std::string program_of(const std::vector<std::string>& candidates) {
    const char* path = std::getenv("PATH");
    const std::string folders = std::string{path ? path : ""} + ":/usr/sbin:/usr/bin";
    for (const std::string& candidate : candidates) {
        if (candidate.empty()) continue;
        if (candidate.front() == '/') {
            if (::access(candidate.c_str(), X_OK) == 0) return candidate;
            continue;
        }
        for (std::size_t begin = 0; begin < folders.size();) {
            const std::size_t end = std::min(folders.find(':', begin), folders.size());
            const std::string full = folders.substr(begin, end - begin) + "/" + candidate;
            if (end > begin && ::access(full.c_str(), X_OK) == 0) return full;
            begin = end + 1;
        }
    }
    return {};
}

}  // namespace mycelium::bench
