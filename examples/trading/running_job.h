// A job under test: how it is started, what it says, and what it must not leave behind.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "program.h"

namespace trading {

/// A folder of the test's own, removed with everything in it.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    /// Returns the file's path.
    std::string write(const std::string& name, const std::string& text) const;
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// The job's command line.
std::vector<std::string> command(std::vector<std::string> arguments);

/// The value of a key in a JSON object as it stands there: of the first such key.
std::string value(const std::string& json, const std::string& key);
std::uint64_t number(const std::string& json, const std::string& key);

/// What the plain loop says of a recording.
std::string plain_loop(const std::string& file, const std::string& seed = "1");
/// The same signals, that many times, and nothing lost.
void expect_same(const std::string& json, const std::string& plain, std::uint64_t passes = 1);
/// Each row of the ledger of a job that nobody has disturbed: nearly all was received, nothing is
/// missing, and the rest are words that are repeated for those who come late.
void expect_nearly_all_received(const std::string& json);

/// The pid of a service of the job, as its fabric knows it; 0: it does not run within a minute.
pid_t service_of(const Program& job, const std::string& service);
/// The job's private folder; empty: there is none.
std::string folder_of(pid_t launcher);
/// Has that service published anything, within a minute?
bool has_published(pid_t launcher, const std::string& service);
/// Nothing of that job: neither a process nor a socket nor a file. Its pipes have ended; the kernel
/// may still be closing the rest.
void expect_nothing_left(const Program& job);

}  // namespace trading
