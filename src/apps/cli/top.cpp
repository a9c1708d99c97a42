#include "apps/cli/top.h"

#include <array>
#include <utility>

#include "apps/cli/looking.h"
#include "apps/cli/output.h"
#include "apps/cli/report.h"
#include "apps/cli/top_table.h"
#include "host/os/clock.h"
#include "host/os/poll.h"
#include "host/os/signals.h"
#include "host/os/standard_io.h"
#include "host/os/terminal.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "top";
constexpr std::size_t plain_columns = 80;
constexpr std::string_view enter_screen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view leave_screen = "\x1b[?25h\x1b[?1049l";

/// One run of the verb, on a screen or as lines.
class Watching {
public:
    Watching(const TopOptions& options, os::StopSignal stop, std::optional<os::Keys> keys)
        : options_(options),
          stop_(std::move(stop)),
          keys_(std::move(keys)),
          is_screen_(!options.once && os::is_terminal(os::standard_output)),
          output_(stop_.fd()) {}

    Result<void> run() {
        MYCELIUM_TRY(look());
        if (is_screen_) MYCELIUM_TRY(output_.write(enter_screen));
        auto shown = show_until_over();
        if (is_screen_) {
            auto left = output_.write(leave_screen);
            if (left) left = output_.flush();
            if (shown) shown = std::move(left);
        }
        return shown;
    }

private:
    Result<void> look() {
        auto views = find({options_.which});
        // A chosen one that has ended is no error once it was there.
        const bool has_gone = !views && !now_.nodes.empty();
        if (!views && !has_gone) return std::move(views).error();
        before_ = std::exchange(now_, has_gone ? Look{os::now(), {}} : look_at(views->nodes));
        return {};
    }
    Result<void> show_until_over();
    Result<void> show();
    /// Until the interval is over. False: it is time to end.
    Result<bool> wait();
    bool is_quit_pressed();

    const TopOptions& options_;
    os::StopSignal stop_;
    std::optional<os::Keys> keys_;
    const bool is_screen_;
    Output output_;
    Look before_, now_;
};

Result<void> Watching::show_until_over() {
    if (is_screen_) {
        before_ = now_;
        MYCELIUM_TRY(show());  // who is there is known before how fast they are
    }
    for (;;) {
        MYCELIUM_TRY_ASSIGN(const bool goes_on, wait());
        if (!goes_on) return {};
        MYCELIUM_TRY(look());
        MYCELIUM_TRY(show());
        if (options_.once || output_.is_abandoned()) return {};
    }
}

Result<void> Watching::show() {
    const os::ScreenSize size =
        is_screen_ ? os::screen_size() : os::ScreenSize{plain_columns, SIZE_MAX};
    std::string frame = is_screen_ ? "\x1b[H" : "";
    // The last column stays free: behind it, erasing the rest of a line would erase its end.
    const std::size_t columns = is_screen_ ? size.columns - 1 : size.columns;
    const auto lines = top_lines(before_, now_, columns, size.rows);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string_view line = lines[i];
        if (is_screen_ && i != 0) frame += "\r\n";
        if (!is_screen_) line = line.substr(0, line.find_last_not_of(' ') + 1);
        frame += line;
        frame += is_screen_ ? "\x1b[K" : "\n";
    }
    if (is_screen_) frame += "\x1b[J";
    MYCELIUM_TRY(output_.write(frame));
    return output_.flush();
}

bool Watching::is_quit_pressed() {
    while (keys_) {
        const auto key = keys_->next();
        if (!key) break;
        if (*key == 'q' || *key == 'Q') return true;
    }
    return false;
}

Result<bool> Watching::wait() {
    const Instant deadline = after(options_.interval);
    while (os::now() < deadline) {
        std::array<os::Polled, 3> polled{os::Polled{stop_.fd(), false, false},
                                         os::Polled{output_.hang_up_fd(), false, false},
                                         os::Polled{keys_ ? keys_->fd() : -1, false, false}};
        MYCELIUM_TRY(os::poll(polled, deadline));
        if (stop_.came() || polled[1].is_ready || is_quit_pressed()) return false;
    }
    return true;
}

Result<void> watch(const TopOptions& options) {
    MYCELIUM_TRY_ASSIGN(os::StopSignal stop, os::StopSignal::create());
    std::optional<os::Keys> keys;
    if (!options.once && os::is_terminal(os::standard_output))
        if (auto taken = os::Keys::create()) keys.emplace(*std::move(taken));
    return Watching(options, std::move(stop), std::move(keys)).run();
}

}  // namespace

int run_top(const TopOptions& options) {
    const auto watched = watch(options);
    return watched ? exit_success : fail(verb, watched.error());
}

}  // namespace mycelium::cli
