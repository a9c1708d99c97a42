#include "recording.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

namespace trading {
namespace {

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
    Recording recording{std::move(lines), std::move(on_bad_line)};
    recording.first_ = recording.read_trade();
    if (!recording.first_)
        return Error{Errc::invalid, name + ": there is no trade in it" + std::string{remedy}};
    return recording;
}

std::optional<Trade> Recording::next() {
    if (first_) return std::exchange(first_, std::nullopt);
    return read_trade();
}

void Recording::rewind() {
    first_.reset();
    is_first_pass_ = false;
    line_number_ = 0;
    lines_->clear();
    lines_->seekg(0);
}

std::optional<Trade> Recording::read_trade() {
    while (read_line()) {
        if (line_is_too_long_) {
            refuse("is longer than 65536 bytes");
            continue;
        }
        if (line_.find_first_not_of(" \t\r") == std::string_view::npos) continue;
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

/// False at the end of the stream. Of a line that is too long the rest is passed over.
bool Recording::read_line() {
    lines_->getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    const auto count = static_cast<std::size_t>(lines_->gcount());
    if (count == 0) return false;
    ++line_number_;
    line_is_too_long_ = lines_->fail();
    if (line_is_too_long_) {
        lines_->clear();
        lines_->ignore(std::numeric_limits<std::streamsize>::max(), '\n');
        return true;
    }
    // The newline is counted but not stored; the last line may come without one.
    line_ = {buffer_.data(), lines_->eof() ? count : count - 1};
    return true;
}

void Recording::refuse(std::string_view reason) {
    if (!is_first_pass_) return;
    ++bad_lines_;
    if (on_bad_line_) on_bad_line_(line_number_, reason);
}

}  // namespace trading
