#include "base/log.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <utility>

namespace mycelium::base {
namespace {

void write_to_stderr(std::string_view line) {
    const std::string text = "mycelium: warning: " + std::string{line} + "\n";
    std::fwrite(text.data(), 1, text.size(),
                stderr);  // one call: lines of several threads do not mix
}

std::string printable(std::string_view line) {
    std::string text{line.substr(0, Log::line_bytes_max)};
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    std::replace_if(text.begin(), text.end(), is_control, '?');
    if (line.size() > Log::line_bytes_max) text += "…";
    return text;
}

}  // namespace

Log::Log(Sink sink) : sink_(sink ? std::move(sink) : Sink{write_to_stderr}) {}

void Log::warn(Instant now, std::string_view line) noexcept {
    try {
        std::string text = printable(line);
        const Verdict verdict = judge(now, text);
        if (!verdict.is_written) return;
        if (verdict.left_out > 0)
            text += " (" + std::to_string(verdict.left_out) + " more like this were left out)";
        sink_(text);
    } catch (...) {
        // Out of memory, or a sink that throws: the line is lost, the caller's work goes on.
    }
}

Log::Verdict Log::judge(Instant now, const std::string& line) {
    const std::lock_guard lock{mutex_};
    const std::span known{remembered_.data(), remembered_count_};
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const Remembered& old) { return old.line == line; });
    if (same == known.end()) {
        // The one written longest ago gives way; what it had left out is forgotten with it.
        const auto place =
            remembered_count_ < lines_remembered_max
                ? remembered_.begin() + static_cast<std::ptrdiff_t>(remembered_count_++)
                : std::min_element(remembered_.begin(), remembered_.end(),
                                   [](const Remembered& a, const Remembered& b) {
                                       return a.written < b.written;
                                   });
        *place = {line, now, 0};
        return {};
    }
    if (now - same->written < repeat_interval) {
        ++same->left_out;
        return {false, 0};
    }
    same->written = now;
    return {true, std::exchange(same->left_out, 0)};
}

}  // namespace mycelium::base
