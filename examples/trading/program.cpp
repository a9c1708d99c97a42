#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace trading {
namespace {

struct Ends {
    int read;
    int write;
};

Ends open_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
    return {ends[0], ends[1]};
}

Ends open_terminal() {
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        throw std::runtime_error{"no terminal"};
    std::array<char, 64> name{};
    if (ptsname_r(master, name.data(), name.size()) != 0) throw std::runtime_error{"no terminal"};
    return {master, open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// From /proc/PID/stat: "pid (name) state parent …", where the name may contain anything. 0: it is
/// gone.
pid_t parent_of(const std::filesystem::path& process) {
    const std::string stat = contents(process / "stat");
    const auto end_of_name = stat.rfind(')');
    if (end_of_name == std::string::npos) return 0;
    std::istringstream rest{stat.substr(end_of_name + 1)};
    char state = 0;
    pid_t parent = 0;
    rest >> state >> parent;
    return state == 'Z' ? 0 : parent;
}

/// Of all processes that can be seen.
std::vector<pid_t> all_processes() {
    std::vector<pid_t> all;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc", ignored}) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos)
            all.push_back(std::stoi(name));
    }
    return all;
}

std::string next_mark() {
    static int count = 0;
    return "TRADING_TEST_PROGRAM=" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

}  // namespace

Program::Program(std::vector<std::string> arguments, Output output,
                 std::vector<std::string> environment)
    : mark_(next_mark()) {
    const Ends out = output == Output::terminal ? open_terminal() : open_pipe();
    const Ends err = open_pipe();
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
        dup2(out.write, STDOUT_FILENO);
        dup2(err.write, STDERR_FILENO);
        putenv(mark_.data());
        for (std::string& variable : environment) putenv(variable.data());
        execv(argv[0], argv.data());
        _exit(127);
    }
    close(out.write);
    close(err.write);
    output_fd_ = out.read;
    errors_fd_ = err.read;
}

Program::~Program() {
    if (!is_awaited_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    for (const int fd : {output_fd_, errors_fd_})
        if (fd >= 0) close(fd);
}

void Program::send(int signal_number) const { kill(pid_, signal_number); }

bool Program::read_until(const std::string& text) {
    while (output_.find(text) == std::string::npos)
        if (!read_some()) return false;
    return true;
}

int Program::wait() {
    while (read_some()) {
    }
    if (output_fd_ >= 0 || errors_fd_ >= 0) return -1000;
    int status = 0;
    waitpid(pid_, &status, 0);
    is_awaited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// False: both have ended, or the deadline has passed.
bool Program::read_some() {
    std::array<pollfd, 2> fds{{{output_fd_, POLLIN, 0}, {errors_fd_, POLLIN, 0}}};
    if (fds[0].fd < 0 && fds[1].fd < 0) return false;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0 || poll(fds.data(), fds.size(), static_cast<int>(left.count())) <= 0)
        return false;
    const auto read_from = [](const pollfd& ready, int& fd, std::string& text) {
        if (ready.fd < 0 || ready.revents == 0) return;
        std::array<char, 4096> buffer{};
        const ssize_t count = read(fd, buffer.data(), buffer.size());
        if (count > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
        } else {
            close(fd);
            fd = -1;
        }
    };
    read_from(fds[0], output_fd_, output_);
    read_from(fds[1], errors_fd_, errors_);
    return true;
}

std::vector<pid_t> Program::children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const pid_t pid : all_processes())
        if (parent_of("/proc/" + std::to_string(pid)) == parent) children.push_back(pid);
    return children;
}

std::vector<pid_t> Program::processes() const {
    const std::string variable = mark_ + '\0';
    std::vector<pid_t> found;
    for (const pid_t pid : all_processes()) {
        const std::string process = "/proc/" + std::to_string(pid);
        if (('\0' + contents(process + "/environ")).find('\0' + variable) != std::string::npos &&
            parent_of(process) != 0)
            found.push_back(pid);
    }
    return found;
}

pid_t Program::child_of(pid_t parent, const std::string& part) {
    for (const pid_t child : children_of(parent))
        if (contents("/proc/" + std::to_string(child) + "/cmdline").find(part) != std::string::npos)
            return child;
    return 0;
}

}  // namespace trading
