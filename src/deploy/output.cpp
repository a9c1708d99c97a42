#include "deploy/output.h"

#include <algorithm>
#include <array>

#include "base/quantity.h"
#include "host/os/clock.h"
#include "host/os/error.h"
#include "host/os/log_file.h"
#include "host/os/standard_io.h"

namespace mycelium::deploy {

namespace {

constexpr std::size_t column_max = 24;
constexpr int standard_error = 2;
constexpr Duration last_words = std::chrono::seconds{1};

std::string margin_of(std::string_view name, std::size_t width, std::size_t number,
                      bool has_colours) {
    constexpr std::array<std::string_view, 6> colours{"36", "33", "32", "35", "34", "31"};
    std::string margin{name};
    if (margin.size() < width) margin.append(width - margin.size(), ' ');
    margin += " | ";
    if (!has_colours) return margin;
    return "\033[" + std::string{colours[number % colours.size()]} + "m" + margin + "\033[0m";
}

/// Written to by the logs' thread alone.
struct LogFiles {
    std::vector<os::LogFile> files;
};

}  // namespace

Output::Output(const OutputOptions& options) : options_(options) {
    std::size_t width = 0;
    for (const std::string& name : options.services) width = std::max(width, name.size());
    width = std::min(width, column_max);
    for (std::size_t n = 0; n < options.services.size(); ++n)
        margins_.push_back(margin_of(options.services[n], width, n, options.has_colours));
}

Output::~Output() = default;

Result<std::unique_ptr<Output>> Output::create(const OutputOptions& options,
                                               const std::function<void()>& on_room) {
    std::unique_ptr<Output> output{new Output{options}};
    const auto to = [](int fd) {
        return [fd](std::size_t, std::string_view lines) { return os::write_fully(fd, lines); };
    };
    MYCELIUM_TRY_ASSIGN(output->lines_,
                        LineWriter::start("output", to(os::standard_output), on_room));
    MYCELIUM_TRY_ASSIGN(output->words_, LineWriter::start("words", to(standard_error), [] {}));
    if (options.logs.empty()) return output;
    auto logs = std::make_shared<LogFiles>();
    for (const std::string& name : options.services)
        logs->files.emplace_back(options.logs + "/" + name + ".log", options.log_bytes_max);
    MYCELIUM_TRY_ASSIGN(output->logs_, LineWriter::start(
                                           "logs",
                                           [logs](std::size_t place, std::string_view lines) {
                                               return logs->files[place].append(lines);
                                           },
                                           on_room));
    return output;
}

void Output::line(std::size_t service, std::string_view text) {
    std::string line = margins_[service];
    line.append(text).append("\n");
    lines_->offer(0, line);
    if (!logs_) return;
    line.assign(text).append("\n");
    logs_->offer(service, line);
}

void Output::say(std::string_view text) {
    words_->offer(0, options_.speaker + ": " + std::string{text} + "\n");
}

void Output::say(std::size_t service, std::string_view text) {
    say(options_.services[service] + ": " + std::string{text});
}

bool Output::is_full() { return lines_->is_full() || (logs_ && logs_->is_full()); }

void Output::say_loss(LineWriter& writer, bool is_logs) {
    const LineWriter::Loss loss = writer.take_loss();
    if (loss.lines == 0) return;
    const std::string where = is_logs ? "to " + options_.logs : "to standard output";
    say(base::count_of(loss.lines, "line") + (loss.lines == 1 ? " was" : " were") +
        " not written " + where + ": " +
        (loss.error == 0 ? "nobody takes what is written" : os::error_text(loss.error)));
}

void Output::say_losses() {
    say_loss(*lines_, false);
    if (logs_) say_loss(*logs_, true);
}

void Output::finish() {
    const Instant deadline = os::now() + last_words;
    (void)lines_->finish(deadline);
    if (logs_) (void)logs_->finish(deadline);
    say_losses();
    (void)words_->finish(deadline);
}

}  // namespace mycelium::deploy
