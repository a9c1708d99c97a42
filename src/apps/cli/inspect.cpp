#include "apps/cli/inspect.h"

#include <string>

#include "apps/cli/output.h"
#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "apps/cli/seen_text.h"
#include "fabric/seen_memory.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "inspect";

std::string hex_of(std::uint64_t value) {
    static constexpr char digit[] = "0123456789abcdef";
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) hex += digit[(value >> shift) & 15];
    return hex;
}

std::string_view state_of(std::uint32_t sleep_word) noexcept {
    if (sleep_word == 0) return "awake";
    return sleep_word == 1   ? "asleep in futex"
           : sleep_word == 2 ? "asleep in poll"
                             : "no such state";
}

std::string text_of(const fabric::SeenRecord& record) {
    std::string text = "    " + std::to_string(record.sequence) + " at " +
                       std::to_string(record.position) + ", " +
                       std::to_string(record.payload_bytes) + " bytes";
    if (record.is_referenced) text += " in segment " + std::to_string(record.segment);
    return text + ", stamped " + std::to_string(record.timestamp) + "\n";
}

std::string text_of(const fabric::SeenLog& log, const fabric::SeenSubscription& one) {
    const std::uint64_t lag = log.next_sequence > one.head ? log.next_sequence - one.head : 0;
    std::array<std::uint64_t, drop_reason_count> by_reader{};
    for (std::size_t i = 0; i < drop_reason_count; ++i) by_reader[i] = one.dropped_by_reader[i];
    return "  reader pid " + std::to_string(one.reader_pid) + ", port " +
           std::to_string(one.reader_port) + ": head " + std::to_string(one.head) + ", behind by " +
           std::to_string(lag) + "; it began with " + std::to_string(one.begin_sequence) +
           "\n    done with " + std::to_string(one.finished) + ", handed out " +
           std::to_string(one.delivered) + " (modulo 2^32), released " +
           std::to_string(one.released) + " chunks\n    dropped by the publisher " +
           describe(one.dropped_by_publisher) + ", by the reader " + describe(by_reader) +
           "\n    reader " + std::string{state_of(one.reader_sleeps)} + ", writer " +
           std::string{state_of(one.writer_sleeps)} + "\n";
}

std::string text_of(const fabric::SeenLog& log) {
    std::string text =
        log.path + ": log of port " + std::to_string(log.port) + ", epoch " + hex_of(log.epoch) +
        "\n  data at 320, capacity " + std::to_string(log.capacity) + " bytes; next record is " +
        std::to_string(log.next_sequence) + " at " + std::to_string(log.next_position) + ": lap " +
        std::to_string(log.next_position / log.capacity) + ", offset " +
        std::to_string(log.next_position % log.capacity) + "\n";
    for (const fabric::SeenSubscription& one : log.subscriptions) text += text_of(log, one);
    text += log.last.empty() ? "  no record in this lap\n" : "  the last records of this lap:\n";
    for (const fabric::SeenRecord& record : log.last) text += text_of(record);
    return text;
}

Result<void> tell(const InspectOptions& options) {
    MYCELIUM_TRY_ASSIGN(const auto logs, fabric::see_logs(options.pid, options.records));
    Output output;
    for (const fabric::SeenLog& log : logs) MYCELIUM_TRY(output.write(text_of(log)));
    MYCELIUM_TRY(output.flush());
    if (logs.empty())
        say(verb, "process " + std::to_string(options.pid) +
                      " writes no log: it has no publisher or call over shm:// that anybody is "
                      "linked to");
    return {};
}

}  // namespace

int run_inspect(const InspectOptions& options) {
    const auto told = tell(options);
    return told ? exit_success : fail(verb, told.error());
}

}  // namespace mycelium::cli
