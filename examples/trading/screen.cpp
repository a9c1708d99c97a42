#include "screen.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "output.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr mycelium::Duration frame_interval = 250ms;
constexpr mycelium::Duration line_interval = 1s;

/// Asked each time: it changes while we run. What a terminal does not know is what most have.
TerminalSize terminal_size() {
    TerminalSize size;
    winsize asked{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &asked) != 0) return size;
    if (asked.ws_col != 0) size.columns = asked.ws_col;
    if (asked.ws_row != 0) size.rows = asked.ws_row;
    return size;
}

}  // namespace

Screen::Screen(bool is_quiet) : began_(Clock::now()), drawn_(began_) {
    const char* terminal = std::getenv("TERM");
    const char* no_color = std::getenv("NO_COLOR");
    const bool is_terminal =
        isatty(STDOUT_FILENO) == 1 && terminal && std::string_view{terminal} != "dumb";
    mode_ = is_quiet ? Mode::quiet : is_terminal ? Mode::terminal : Mode::lines;
    has_colours_ = !no_color || *no_color == '\0';
    next_ = began_ + interval();
}

mycelium::Duration Screen::interval() const {
    return mode_ == Mode::terminal ? frame_interval : line_interval;
}

void Screen::draw(const Tally& tally, Surroundings around) {
    const mycelium::Instant now = Clock::now();
    if (now < next_) return;
    around.rates = rates_since_last(tally, now);
    around.seconds = static_cast<std::uint64_t>((now - began_) / 1s);
    next_ = now + interval();
    if (mode_ == Mode::quiet) return;
    if (mode_ == Mode::terminal) {
        const std::string table = table_text(tally, around, has_colours_);
        if (const auto frame = frame_.redraw(table, terminal_size())) return put(*frame);
        next_ = now + line_interval;
    }
    put(line_text(tally, around));
}

/// What went wrong will go wrong again with the summary, and be told then.
void Screen::put(std::string_view text) {
    if (is_broken_) return;
    const auto written = write_output(text);
    is_broken_ = !written || !*written;
}

Rates Screen::rates_since_last(const Tally& tally, mycelium::Instant now) {
    const double seconds = std::chrono::duration<double>(now - drawn_).count();
    const auto rate = [seconds](std::uint64_t count, std::uint64_t& last) {
        const auto more = static_cast<double>(count - std::exchange(last, count));
        return more / seconds;
    };
    drawn_ = now;
    Rates rates;
    rates.trades = rate(tally.trades().received, trades_);
    rates.swaps = rate(tally.swaps().received, swaps_);
    rates.signals = rate(tally.signals().received, signals_);
    rates.fills = rate(tally.fills().received, fills_);
    return rates;
}

}  // namespace trading
