#include "frame.h"

#include <algorithm>

namespace trading {
namespace {

/// A line without its newline. Colours, which take no column, are kept even after the cut: the last
/// one switches them off.
std::string cut(std::string_view line, std::size_t columns_max) {
    std::string text;
    std::size_t columns = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\x1b') {
            const std::size_t end = std::min(line.find('m', i), line.size() - 1);
            text += line.substr(i, end + 1 - i);
            i = end;
            continue;
        }
        const bool begins_character = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
        if (begins_character) ++columns;
        if (columns <= columns_max) text += line[i];
    }
    return text;
}

}  // namespace

std::optional<std::string> Frame::redraw(std::string_view text, TerminalSize size) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const bool is_resized = lines_ != 0 && size != size_;
    std::string frame;
    if (is_resized)
        frame = "\x1b[H\x1b[2J";  // whatever the terminal has made of the old lines
    else if (lines_ != 0)
        frame = "\x1b[" + std::to_string(lines_) + "A";
    size_ = size;
    lines_ = 0;
    // The cursor stands below the last line, and that row has to exist.
    if (lines >= size.rows || size.columns < 2) return std::nullopt;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1);
        frame += cut(text.substr(0, end), size.columns - 1) + "\x1b[K\n";
        text.remove_prefix(end + 1);
    }
    lines_ = lines;
    return frame + "\x1b[J";
}

}  // namespace trading
