#include "frame.h"

#include <gtest/gtest.h>
#include <vector>

namespace trading {
namespace {

/// As much of a terminal as a frame needs: rows that scroll away at the top, lines that are wrapped
/// at the right, and the few sequences that are sent.
class Terminal {
public:
    explicit Terminal(TerminalSize size) : size_(size), screen_(size.rows) {}

    void write(const std::string& text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\x1b') {
                std::size_t count = 0;
                for (i += 2; text[i] >= '0' && text[i] <= '9'; ++i)
                    count = count * 10 + static_cast<std::size_t>(text[i] - '0');
                obey(text[i], count);
            } else if (text[i] == '\n') {
                column_ = 0;
                down();
            } else {
                put(text[i]);
            }
        }
    }
    /// What has scrolled away and what stands there, rows that are not empty.
    std::vector<std::string> all() const {
        std::vector<std::string> rows;
        for (const auto* part : {&gone_, &screen_})
            for (const std::string& row : *part)
                if (!row.empty()) rows.push_back(row);
        return rows;
    }
    void resize(TerminalSize size) {
        size_ = size;
        screen_.resize(size.rows);
        row_ = std::min(row_, size.rows - 1);
    }

private:
    void put(char c) {
        if (column_ == size_.columns) {
            column_ = 0;
            down();
        }
        std::string& row = screen_[row_];
        row.resize(std::max(row.size(), column_ + 1), ' ');
        row[column_++] = c;
    }
    void down() {
        if (++row_ < size_.rows) return;
        gone_.push_back(screen_.front());
        screen_.erase(screen_.begin());
        screen_.emplace_back();
        row_ = size_.rows - 1;
    }
    void obey(char what, std::size_t count) {
        std::string& row = screen_[row_];
        if (what == 'A') row_ -= std::min(row_, count);
        if (what == 'H') row_ = column_ = 0;
        if (what == 'K' || (what == 'J' && count == 0)) row.resize(std::min(row.size(), column_));
        if (what == 'J')
            for (std::size_t i = count == 2 ? 0 : row_ + 1; i < size_.rows; ++i) screen_[i].clear();
    }

    TerminalSize size_;
    std::vector<std::string> gone_;
    std::vector<std::string> screen_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
};

/// Lines of any width, coloured, with a number that changes.
std::string text_of(int number, std::size_t lines) {
    std::string text = "\x1b[1mheading\x1b[0m " + std::to_string(number) + "\n";
    for (std::size_t i = 1; i < lines; ++i) text += std::string(10 * i, 'x') + "\n";
    return text;
}

std::vector<std::string> drawn(TerminalSize size, std::size_t lines) {
    Terminal terminal{size};
    Frame frame;
    terminal.write("before\n");
    for (int number = 1; number <= 30; ++number)
        terminal.write(frame.redraw(text_of(number, lines), size).value_or(""));
    return terminal.all();
}

TEST(Frame, stands_once_in_a_terminal_of_any_width) {
    for (const std::size_t columns : {20, 50, 80, 200}) {
        const auto rows = drawn({columns, 24}, 14);
        ASSERT_EQ(rows.size(), 1u + 14u) << columns;
        EXPECT_EQ(rows[1], std::string{"heading 30"}.substr(0, columns - 1));
        EXPECT_EQ(rows[14], std::string(std::min<std::size_t>(130, columns - 1), 'x'));
    }
}

TEST(Frame, stands_once_when_it_fills_the_rows_and_not_at_all_when_it_does_not_fit) {
    EXPECT_EQ(drawn({80, 15}, 14).size(), 1u + 14u);
    EXPECT_EQ(drawn({80, 14}, 14).size(), 1u);
}

TEST(Frame, grows_downwards) {
    Terminal terminal{{80, 10}};
    Frame frame;
    for (const std::size_t lines : {3, 6, 9})
        terminal.write(frame.redraw(text_of(7, lines), {80, 10}).value());
    EXPECT_EQ(frame.lines(), 9u);
    EXPECT_EQ(terminal.all().size(), 9u);
}

TEST(Frame, after_a_change_of_size_the_screen_is_drawn_anew) {
    Terminal terminal{{80, 24}};
    Frame frame;
    terminal.write(frame.redraw(text_of(1, 9), {80, 24}).value());
    terminal.resize({30, 24});
    for (int number = 2; number < 5; ++number)
        terminal.write(frame.redraw(text_of(number, 9), {30, 24}).value());
    ASSERT_EQ(terminal.all().size(), 9u);
    EXPECT_EQ(terminal.all()[0], "heading 4");
}

TEST(Frame, a_cut_line_keeps_its_last_colour_and_whole_characters) {
    Frame frame;
    EXPECT_EQ(frame.redraw("\x1b[31m€€€€\x1b[0m\n", {4, 24}).value(),
              "\x1b[31m€€€\x1b[0m\x1b[K\n\x1b[J");
}

}  // namespace
}  // namespace trading
