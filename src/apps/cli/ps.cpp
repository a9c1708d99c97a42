#include "apps/cli/ps.h"

#include <algorithm>
#include <array>

#include <mycelium/codec.h>

#include "apps/cli/fabrics.h"
#include "apps/cli/output.h"
#include "apps/cli/report.h"
#include "apps/cli/seen_text.h"
#include "apps/cli/text.h"
#include "host/os/clock.h"
#include "host/os/poll.h"
#include "host/os/process.h"

namespace mycelium::cli {

namespace {

using namespace std::chrono_literals;

constexpr Duration status_timeout = 5s;
constexpr Duration control_timeout = std::chrono::hours{24 * 366};  // a service may take its time

using Row = std::array<std::string, 8>;

std::string time_of(std::int64_t ns) {
    return ns <= 0 ? "0" : short_time(static_cast<std::uint64_t>(ns));
}

/// "850 ms", "12.3 s", "5m 2s", "3h 4m", "2d 3h".
std::string span_of(std::int64_t ns) {
    const std::int64_t seconds = ns / 1'000'000'000;
    if (seconds < 60) return time_of(ns);
    const auto parts = [](std::int64_t large, const char* unit, std::int64_t small,
                          const char* small_unit) {
        return std::to_string(large) + unit + " " + std::to_string(small) + small_unit;
    };
    if (seconds < 3600) return parts(seconds / 60, "m", seconds % 60, "s");
    if (seconds < 86400) return parts(seconds / 3600, "h", seconds % 3600 / 60, "m");
    return parts(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

Row row_of(const deploy::ServiceStatus& service) {
    const bool has_process = service.pid > 0;
    return {one_line(service.name),
            has_process         ? std::to_string(service.pid)
            : service.is_thread ? "thread"
                                : "-",
            one_line(service.state),
            std::to_string(service.restarts),
            service.up_ns > 0 ? span_of(service.up_ns) : "-",
            has_process ? time_of(service.processor_ns) : "-",
            has_process ? short_bytes(static_cast<double>(service.memory_bytes)) : "-",
            service.last_end.empty() ? "-" : one_line(service.last_end)};
}

Result<void> list(const PsOptions& options) {
    std::vector<std::string> names{options.fabric};
    if (options.fabric.empty()) {
        MYCELIUM_TRY_ASSIGN(names, fabric_names());
    }
    Output output;
    std::string json;
    for (const std::string& name : names) {
        auto status = ask_fabric(name, "status", {}, status_timeout);
        if (!status && !options.fabric.empty()) return std::move(status).error();
        if (!status) {  // it has just gone, or hangs: the others are shown
            say("ps", status.error().message());
            continue;
        }
        if (options.json) {
            MYCELIUM_TRY_ASSIGN(const std::string one, to_json(*status));
            json += (json.empty() ? "" : ",") + one;
            continue;
        }
        for (const std::string& line : lines_of(*status)) MYCELIUM_TRY(output.write(line + "\n"));
    }
    if (options.json) MYCELIUM_TRY(output.write("{\"fabrics\":[" + json + "]}\n"));
    MYCELIUM_TRY(output.flush());
    if (names.empty()) say("ps", "no fabric is up; mycelium up FILE starts one");
    return {};
}

/// The supervisor has answered that all is down; it needs a moment more itself. False: it needs
/// longer than that.
bool wait_for_end(std::int64_t pid) {
    const auto number = static_cast<pid_t>(pid);
    const std::uint64_t start = os::process_start_ticks(number);
    const Instant deadline = os::now() + 5s;
    while (start != 0 && os::is_running(number, start) && os::now() < deadline) {
        std::array<os::Polled, 0> nothing;
        (void)os::poll(nothing, os::now() + 2ms);
    }
    return start == 0 || !os::is_running(number, start);
}

}  // namespace

std::vector<std::string> lines_of(const deploy::FabricStatus& fabric) {
    std::vector<Row> rows{
        {"SERVICE", "PID", "STATE", "RESTARTS", "UP", "CPU", "MEMORY", "LAST END"}};
    for (const deploy::ServiceStatus& service : fabric.services) rows.push_back(row_of(service));
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const Row& row : rows)
        for (std::size_t n = 0; n < row.size(); ++n) widths[n] = std::max(widths[n], row[n].size());
    std::vector<std::string> lines{one_line(fabric.name) + " (" + one_line(fabric.mode) + ", pid " +
                                   std::to_string(fabric.pid) + ")"};
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t n = 0; n < row.size(); ++n)
            line += "  " + (n + 1 == row.size() ? row[n] : fit(row[n], widths[n]));
        lines.push_back(std::move(line));
    }
    return lines;
}

Result<void> fulfilment_of(std::string_view verb, std::string_view service,
                           const deploy::FabricStatus& fabric) {
    const bool is_to_run = verb == "start" || verb == "restart";
    for (const deploy::ServiceStatus& one : fabric.services) {
        if (verb != "down" && one.name != service) continue;
        // One that has ended by itself meanwhile, and well, did run.
        const bool is_down =
            one.state == "ended" || one.state == "failed" || one.state == "waiting";
        const bool is_well = is_to_run ? one.state == "running" || one.state == "ended" : is_down;
        if (is_well) continue;
        const std::string end = one.last_end.empty() ? "" : ", its last end: " + one.last_end;
        return Error{Errc::failed, "service " + one_line(one.name) + " is " + one_line(one.state) +
                                       one_line(end) + "; mycelium up says why"};
    }
    return {};
}

int run_ps(const PsOptions& options) {
    const auto listed = list(options);
    return listed ? exit_success : fail("ps", listed.error());
}

int run_control(std::string_view verb, const ControlOptions& options) {
    const auto status = ask_fabric(options.fabric, verb, options.service, control_timeout);
    if (!status) return fail(verb, status.error());
    const auto done = fulfilment_of(verb, options.service, *status);
    if (!done) return fail(verb, done.error());
    if (verb == "down" && !wait_for_end(status->pid))
        return fail(verb, Error{Errc::timeout, "all services have ended, but the supervisor, pid " +
                                                   std::to_string(status->pid) + ", has not"});
    return exit_success;
}

}  // namespace mycelium::cli
