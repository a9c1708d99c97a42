// Recording: trades from newline-delimited JSON, one pass after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coinbase.h"

namespace trading {

/// Reads a stream line by line; what the first pass has read, the later ones have from memory. What
/// is not a trade is skipped: messages of other types and bad lines are counted. Lines end in a
/// newline; blank ones are nothing.
class Recording {
public:
    static constexpr std::size_t line_bytes_max = 64 * 1024;
    static constexpr std::uint64_t bad_lines_named_max = 5;
    static constexpr std::size_t trades_kept_max = 16'000'000;  ///< else it is read again each time
    /// Non-empty lines in which there must be a trade: else it is another sort of file.
    static constexpr std::uint64_t lines_without_trade_max = 100;
    /// Hears of the first bad lines of the first pass: the number, from 1, and what is wrong. Of a
    /// recording that is refused it hears nothing.
    using OnBadLine = std::function<void(std::uint64_t line, std::string_view reason)>;

    /// `name` stands in errors. Errors: invalid (no such file, not readable, without a trade among
    /// the first lines).
    static mycelium::Result<Recording> open(const std::string& path, OnBadLine on_bad_line = {});
    static mycelium::Result<Recording> from(std::unique_ptr<std::istream> lines, std::string name,
                                            OnBadLine on_bad_line = {});

    /// None: the pass is over.
    std::optional<Trade> next();
    /// Back to the first line.
    void rewind();

    std::uint64_t bad_lines() const noexcept { return bad_lines_; }  ///< of the first pass
    /// Of the first pass, those that were counted and not named.
    std::uint64_t bad_lines_unnamed() const noexcept {
        return bad_lines_ > bad_lines_named_max ? bad_lines_ - bad_lines_named_max : 0;
    }
    std::uint64_t other_messages() const noexcept {
        return other_messages_;
    }  ///< of the first pass

private:
    Recording(std::unique_ptr<std::istream> lines, OnBadLine on_bad_line);
    bool read_line();
    std::optional<Trade> read_trade(std::uint64_t lines_max);
    void keep(const std::optional<Trade>& trade);
    void refuse(std::string_view reason);

    std::unique_ptr<std::istream> lines_;
    OnBadLine on_bad_line_;
    std::unique_ptr<CoinbaseReader> reader_;
    std::vector<char> buffer_;
    std::string_view line_;  ///< within buffer_
    bool line_is_too_long_ = false;
    std::optional<Trade> first_;  ///< read by from(), handed out by next()
    std::vector<Trade> kept_;
    std::size_t next_kept_ = 0;
    enum class Keeping : std::uint8_t { reading, kept, too_many } keeping_ = Keeping::reading;
    std::uint64_t line_number_ = 0;
    std::uint64_t bad_lines_ = 0;
    std::uint64_t other_messages_ = 0;
    bool is_first_pass_ = true;
};

}  // namespace trading
