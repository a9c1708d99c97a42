// Program: a child process under test, with what it writes.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <string>
#include <vector>

namespace trading {

/// Runs from its construction on; killed and awaited by the destructor. Its standard output is a
/// pipe, or a terminal.
class Program {
public:
    enum class Output { pipe, terminal };
    explicit Program(std::vector<std::string> arguments, Output output = Output::pipe,
                     std::vector<std::string> environment = {});
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    pid_t pid() const noexcept { return pid_; }
    /// It and all that it started, directly or not, as far as they live: each has a variable of the
    /// environment that no other program under test has.
    std::vector<pid_t> processes() const;
    void send(int signal_number) const;
    /// Reads until `text` stands in the standard output. False: it ended, or a minute passed.
    bool read_until(const std::string& text);
    /// Reads until everybody who could still write, the program and all its children, has ended.
    /// Returns the exit code, minus the signal's number if one ended it; -1000 if that took longer
    /// than a minute.
    int wait();

    const std::string& output() const noexcept { return output_; }
    const std::string& errors() const noexcept { return errors_; }

    /// Children of a process, and the first of them whose command line contains `part`; 0: none.
    static std::vector<pid_t> children_of(pid_t parent);
    static pid_t child_of(pid_t parent, const std::string& part);

private:
    bool read_some();

    std::string mark_;
    pid_t pid_ = 0;
    int output_fd_ = -1;
    int errors_fd_ = -1;
    bool is_awaited_ = false;
    std::string output_;
    std::string errors_;
    std::chrono::steady_clock::time_point deadline_ =
        std::chrono::steady_clock::now() + std::chrono::seconds{60};
};

}  // namespace trading
