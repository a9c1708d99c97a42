// Why an end meets nobody, as its port tells it: by events, and by the text of a wait's error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/ext/ports.h>
#include <mycelium/result.h>

namespace mycelium::cli {

/// What a port that was to meet somebody ran into.
struct Refusal {
    std::string url;
    std::string peer;    ///< name of the node that is there; empty: it did not say, or nobody is
    std::string reason;  ///< "denied: …"
    bool is_lasting = false;    ///< to dial again would meet with the same
    bool is_url_wrong = false;  ///< such a URL can never be dialled

    /// "URL: refused: denied: …".
    std::string text() const;
    /// As an error of that text; of a wrong URL as `invalid`, with the reason alone.
    Error error() const;
};
/// None: the event is of another kind.
std::optional<Refusal> refusal_of(const Event& event);

/// Takes a port's events away; the error, if one of its URLs can never be dialled.
template <class Port>
Result<void> check_dialled(Port& port) {
    while (const auto event = port.try_event())
        if (const auto refusal = refusal_of(*event); refusal && refusal->is_url_wrong)
            return refusal->error();
    return {};
}
/// Is this line of the log one that check_dialled() tells?
bool is_of_wrong_url(std::string_view line) noexcept;

/// What the error of a wait gives as the reason that nobody came, with what separates it from the
/// URLs: ": the host a.invalid: Name or service not known". Empty: nothing but that nobody is
/// there.
std::string why_nobody(const Error& waited, const std::vector<std::string>& urls);

}  // namespace mycelium::cli
