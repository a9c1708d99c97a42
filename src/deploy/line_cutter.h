// LineCutter: lines of bounded length out of pieces of output.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mycelium::deploy {

inline constexpr std::size_t line_bytes_max = 8 * 1024;

/// One stream of one service. Keeps at most one unfinished line.
class LineCutter {
public:
    /// Calls `each(line)` without newlines for every line that is complete now; one that is longer
    /// than line_bytes_max goes on in the next.
    template <class Each>
    void add(std::string_view piece, Each each) {
        while (!piece.empty()) {
            const std::size_t newline = piece.find('\n');
            const std::size_t end = newline == std::string_view::npos ? piece.size() : newline;
            const std::size_t room = line_bytes_max - begun_.size();
            if (end > room) {
                emit(piece.substr(0, room), each);
                piece.remove_prefix(room);
                continue;
            }
            if (newline == std::string_view::npos) {
                begun_ += piece;
                return;
            }
            emit(piece.substr(0, end), each);
            piece.remove_prefix(end + 1);
        }
    }
    /// The stream has ended: what was begun is a line.
    template <class Each>
    void finish(Each each) {
        if (!begun_.empty()) emit({}, each);
    }

private:
    template <class Each>
    void emit(std::string_view rest, Each each) {
        if (begun_.empty()) return each(rest);
        begun_ += rest;
        each(std::string_view{begun_});
        begun_.clear();
    }
    std::string begun_;
};

}  // namespace mycelium::deploy
