// The table: everything in, text out. In a terminal it redraws itself in place, else it writes a
// line a second.
#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>
#include <string_view>

#include "frame.h"
#include "output.h"
#include "places.h"
#include "services.h"
#include "stop_signal.h"
#include "tally.h"
#include "view.h"

namespace trading {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using mycelium::Duration;
using mycelium::Instant;
using mycelium::Result;

constexpr std::size_t batch_max =
    1024;  // messages taken from one port before the others have their turn
constexpr Duration frame_interval = 250ms;
constexpr Duration line_interval = 1s;
constexpr Duration patience = 2s;  // with what is under way, after the last report

std::uint64_t unix_time_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
}

/// Asked each time: it changes while we run. What a terminal does not know is what most have.
TerminalSize terminal_size() {
    TerminalSize size;
    winsize asked{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &asked) != 0) return size;
    if (asked.ws_col != 0) size.columns = asked.ws_col;
    if (asked.ws_row != 0) size.rows = asked.ws_row;
    return size;
}

/// What is shown while it runs, and how often.
class Screen {
public:
    explicit Screen(bool is_quiet) {
        const char* terminal = std::getenv("TERM");
        const char* no_color = std::getenv("NO_COLOR");
        const bool is_terminal =
            isatty(STDOUT_FILENO) == 1 && terminal && std::string_view{terminal} != "dumb";
        mode_ = is_quiet ? Mode::quiet : is_terminal ? Mode::terminal : Mode::lines;
        has_colours_ = !no_color || *no_color == '\0';
        next_ = began_ + interval();
    }
    Instant next() const noexcept { return next_; }

    void draw(const Tally& tally, Instant now) {
        if (now < next_) return;
        const Rates rates = rates_since_last(tally, now);
        const auto seconds = static_cast<std::uint64_t>((now - began_) / 1s);
        next_ = now + interval();
        if (mode_ == Mode::quiet) return;
        if (mode_ == Mode::terminal) {
            const std::string table = table_text(tally, rates, seconds, has_colours_);
            if (const auto frame = frame_.redraw(table, terminal_size())) return put(*frame);
            next_ = now + line_interval;
        }
        put(line_text(tally, rates, seconds));
    }
    /// The last thing it shows; a live table stays above it.
    void finish(const std::string& summary) { put(frame_.lines() == 0 ? summary : "\n" + summary); }
    /// Nobody reads any more, or nothing can be written.
    bool is_broken() const noexcept { return !written_ || !*written_; }
    /// Errors: what went wrong with the standard output. That nobody reads it is none.
    const Result<bool>& written() const noexcept { return written_; }

private:
    enum class Mode { quiet, lines, terminal };
    void put(std::string_view text) {
        if (!is_broken()) written_ = write_output(text);
    }
    Duration interval() const { return mode_ == Mode::terminal ? frame_interval : line_interval; }

    Rates rates_since_last(const Tally& tally, Instant now) {
        const double seconds = std::chrono::duration<double>(now - drawn_).count();
        const auto rate = [seconds](std::uint64_t count, std::uint64_t& last) {
            const auto more = static_cast<double>(count - std::exchange(last, count));
            return more / seconds;
        };
        drawn_ = now;
        return {rate(tally.trades().received, trades_), rate(tally.swaps().received, swaps_),
                rate(tally.signals().received, signals_)};
    }

    Mode mode_;
    bool has_colours_;
    Result<bool> written_ = true;
    Instant began_ = Clock::now();
    Instant drawn_ = began_;
    Instant next_;
    Frame frame_;
    std::uint64_t trades_ = 0;
    std::uint64_t swaps_ = 0;
    std::uint64_t signals_ = 0;
};

struct Inputs {
    mycelium::Subscriber<Trade> trades;
    mycelium::Subscriber<PoolSwap> swaps;
    mycelium::Subscriber<Signal> signals;
    mycelium::Subscriber<Report> reports;
};

/// Until the last report and all that it counts are here, or a signal, patience or a closed output
/// ends it.
Result<Tally> watch(Inputs& in, const StopSignal& stop, Screen& screen) {
    Tally tally;
    Instant give_up = mycelium::never;
    const auto count = [&tally](const auto& sample) { tally.add(sample, unix_time_ns()); };
    while (!tally.is_complete() && !stop.is_set() && !screen.is_broken() &&
           Clock::now() < give_up) {
        const auto ready = mycelium::wait(std::min(screen.next(), give_up), in.trades, in.swaps,
                                          in.signals, in.reports, stop);
        if (!ready && ready.error() != mycelium::Errc::timeout) return ready.error();
        in.trades.poll(count, batch_max);
        in.swaps.poll(count, batch_max);
        in.signals.poll(count, batch_max);
        in.reports.poll([&](const mycelium::Sample<Report>& report) {
            tally.add(*report);
            if (report->is_final) give_up = mycelium::after(patience);
        });
        screen.draw(tally, Clock::now());
    }
    return tally;
}

}  // namespace

/// It asks for the venues last: the adapter begins when it is there, and then misses nothing of the
/// strategy's either.
Result<void> run_table(const Options& options) {
    MYCELIUM_TRY_ASSIGN(const Places places, Places::under(options.at));
    StopSignal stop;
    mycelium::Node node{"table"};
    MYCELIUM_TRY_ASSIGN(auto signals, node.subscriber<Signal>(places.signals));
    MYCELIUM_TRY_ASSIGN(auto reports, node.subscriber<Report>(places.reports));
    while (!signals.wait_for(1, 100ms) && !stop.is_set()) {
    }
    while (!reports.wait_for(1, 100ms) && !stop.is_set()) {
    }
    MYCELIUM_TRY_ASSIGN(auto trades, node.subscriber<Trade>(places.trades));
    MYCELIUM_TRY_ASSIGN(auto swaps, node.subscriber<PoolSwap>(places.swaps));

    Inputs inputs{std::move(trades), std::move(swaps), std::move(signals), std::move(reports)};
    Screen screen{options.is_json};
    MYCELIUM_TRY_ASSIGN(const Tally tally, watch(inputs, stop, screen));
    // Stopped before there was anything to tell.
    if (tally.messages() == 0 && !tally.report().is_final) return {};
    screen.finish(options.is_json ? summary_json(tally) : summary_text(tally));
    MYCELIUM_TRY(screen.written());
    return {};
}

}  // namespace trading
