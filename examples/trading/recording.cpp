#include "recording.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

namespace trading {
namespace {

constexpr std::streamsize line_passed_over_max = 1 << 20;

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

constexpr std::string_view remedy =
    ": give a recording of Coinbase matches, one JSON object a line, with --trades FILE";

}  // namespace

Recording::Recording(std::unique_ptr<std::istream> lines, OnBadLine on_bad_line)
    : lines_(std::move(lines)),
      on_bad_line_(std::move(on_bad_line)),
      reader_(std::make_unique<CoinbaseReader>()),
      buffer_(line_bytes_max + 1) {}

Result<Recording> Recording::open(const std::string& path, OnBadLine on_bad_line) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return Error{Errc::invalid, path + ": is a directory" + std::string{remedy}};
    errno = 0;
    auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
    if (!*file)
        return Error{Errc::invalid, path + ": " + std::strerror(errno) + std::string{remedy},
                     errno};
    return from(std::move(file), path, std::move(on_bad_line));
}

Result<Recording> Recording::from(std::unique_ptr<std::istream> lines, std::string name,
                                  OnBadLine on_bad_line) {
    // What is bad before the first trade is kept until it is known that there is one.
    std::vector<std::pair<std::uint64_t, std::string>> early;
    Recording recording{std::move(lines), [&early](std::uint64_t line, std::string_view reason) {
                            early.emplace_back(line, reason);
                        }};
    recording.first_ = recording.read_trade(lines_without_trade_max);
    if (!recording.first_) {
        std::string text = name + ": there is no trade in it, or none in its first " +
                           std::to_string(lines_without_trade_max) + " lines";
        if (!early.empty())
            text += " (line " + std::to_string(early[0].first) + " " + early[0].second + ")";
        return Error{Errc::invalid, text + std::string{remedy}};
    }
    recording.on_bad_line_ = std::move(on_bad_line);
    if (recording.on_bad_line_)
        for (const auto& [line, reason] : early) recording.on_bad_line_(line, reason);
    return recording;
}

std::optional<Trade> Recording::next() {
    if (keeping_ == Keeping::kept)
        return next_kept_ < kept_.size() ? std::optional{kept_[next_kept_++]} : std::nullopt;
    auto trade = first_ ? std::exchange(first_, std::nullopt)
                        : read_trade(std::numeric_limits<std::uint64_t>::max());
    if (keeping_ == Keeping::reading) keep(trade);
    return trade;
}

void Recording::keep(const std::optional<Trade>& trade) {
    if (!trade) {
        keeping_ = Keeping::kept;
        next_kept_ = kept_.size();
    } else if (kept_.size() < trades_kept_max) {
        kept_.push_back(*trade);
    } else {
        keeping_ = Keeping::too_many;
        std::vector<Trade>{}.swap(kept_);
    }
}

void Recording::rewind() {
    is_first_pass_ = false;
    next_kept_ = 0;
    if (keeping_ == Keeping::kept) return;
    if (keeping_ == Keeping::reading) kept_.clear();  // not read to its end
    first_.reset();
    line_number_ = 0;
    lines_->clear();
    lines_->seekg(0);
}

std::optional<Trade> Recording::read_trade(std::uint64_t lines_max) {
    for (std::uint64_t lines = 0; lines < lines_max && read_line();) {
        if (line_is_too_long_) {
            refuse("is longer than 65536 bytes");
            ++lines;
            continue;
        }
        if (line_.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        ++lines;
        const auto trade = reader_->read(line_);
        if (!trade)
            refuse(trade.error().message());
        else if (*trade)
            return **trade;
        else if (is_first_pass_)
            ++other_messages_;
    }
    return std::nullopt;
}

/// False at the end of the stream. Of a line that is too long the rest is passed over, as far as
/// that is no endless stream: then it counts as many lines.
bool Recording::read_line() {
    lines_->getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    const auto count = static_cast<std::size_t>(lines_->gcount());
    if (count == 0) return false;
    ++line_number_;
    line_is_too_long_ = lines_->fail();
    if (line_is_too_long_) {
        lines_->clear();
        lines_->ignore(line_passed_over_max, '\n');
        return true;
    }
    // The newline is counted but not stored; the last line may come without one.
    line_ = {buffer_.data(), lines_->eof() ? count : count - 1};
    return true;
}

void Recording::refuse(std::string_view reason) {
    if (!is_first_pass_) return;
    ++bad_lines_;
    if (on_bad_line_ && bad_lines_ <= bad_lines_named_max) on_bad_line_(line_number_, reason);
}

}  // namespace trading
