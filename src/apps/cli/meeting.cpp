#include "apps/cli/meeting.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mycelium::cli {

namespace {

bool is_of(std::string_view reason, Errc code) {
    const std::string_view name = name_of(code);
    return reason.starts_with(name) && reason.substr(name.size()).starts_with(": ");
}

}  // namespace

std::string Refusal::text() const {
    return url + (peer.empty() ? "" : " (" + peer + ")") + ": refused: " + reason;
}

Error Refusal::error() const {
    if (!is_url_wrong) return {Errc::unavailable, text()};
    return {Errc::invalid, url + ": " + reason.substr(name_of(Errc::invalid).size() + 2)};
}

std::optional<Refusal> refusal_of(const Event& event) {
    if (event.kind != Event::Kind::refused) return std::nullopt;
    Refusal refusal{.url = event.url, .peer = event.peer, .reason = event.reason};
    constexpr std::array lasting{Errc::denied, Errc::mismatch, Errc::unsupported, Errc::invalid};
    refusal.is_lasting = std::ranges::find(lasting, event.code) != lasting.end();
    refusal.is_url_wrong = event.code == Errc::invalid && event.peer.empty() && !event.pid;
    return refusal;
}

bool is_of_wrong_url(std::string_view line) noexcept {
    const std::size_t space = line.find(": ");
    return space != std::string_view::npos && is_of(line.substr(space + 2), Errc::invalid);
}

std::string why_nobody(const Error& waited, const std::vector<std::string>& urls) {
    if (urls.empty()) return {};
    const std::string_view text = waited.message();
    const std::size_t last = text.find(" at ");
    if (last == std::string_view::npos) return {};
    std::size_t end = last + 3;
    for (const std::string& url : urls) {
        if (text.substr(end).substr(0, url.size() + 1) != " " + url) return {};
        end += url.size() + 1;
    }
    return std::string{text.substr(end)};
}

}  // namespace mycelium::cli
