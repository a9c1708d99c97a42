#include "apps/cli/call.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/input.h"
#include "apps/cli/meeting.h"
#include "apps/cli/members.h"
#include "apps/cli/message_json.h"
#include "apps/cli/output.h"
#include "apps/cli/report.h"
#include "core/codec/description.h"
#include "core/codec/json_document.h"
#include "host/os/clock.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "call";
constexpr Duration look_interval =
    std::chrono::milliseconds{20};  // for a refusal, while waiting for a replier

Result<Bytes> body_of(const CallOptions& options) {
    if (options.file) return read_input(*options.file, options.end.message_bytes_max);
    if (options.body == "-") return read_input("-", options.end.message_bytes_max);
    return Bytes::copy_of(options.body);
}

Payload payload_of_bytes(const Bytes& bytes) {
    Payload payload;
    payload.bytes = bytes.span();
    payload.has_bytes = true;
    payload.owner = bytes.owner();
    return payload;
}

/// What is left until the deadline, but something: a call that begins late is tried once.
Duration remaining(Instant deadline) {
    return std::max<Duration>(deadline - os::now(), std::chrono::milliseconds{1});
}

Error explained(Error error, const CallOptions& options) {
    std::string where = joined(options.end.urls);
    if (error.code() == Errc::failed && error.detail() != 0)
        where += ": error " + std::to_string(error.detail());
    else if (error.message().find(where) != std::string::npos)
        return error;
    return std::move(error).context(where);
}

/// Waits until a replier is there. What was refused is refused again however long one waits, unless
/// it is they who dial.
Result<void> wait_for_replier(RequesterPort& port, const CallOptions& options, Instant deadline) {
    std::optional<Refusal> last;
    for (;;) {
        const Duration left = deadline - os::now();
        auto waited = port.wait_for(1, std::clamp(left, Duration{0}, look_interval));
        if (waited) return waited;
        while (const auto event = port.try_event())
            if (auto refusal = refusal_of(*event)) last = std::move(refusal);
        const bool is_over = waited.error() != Errc::timeout || left <= Duration{0};
        const bool is_lasting = last && last->is_lasting && options.end.role != Role::bind;
        if (last && (is_over || is_lasting)) return last->error();
        if (is_over) return explained(waited.error(), options);
    }
}

/// The body as the replier wants it: JSON becomes what its type declares; everything else, and what
/// goes to a replier of raw bytes, stays as it is.
Result<Bytes> question_of(const Bytes& body, const std::string& description) {
    if (description.empty() || !codec::JsonDocument::parse(body.text())) return body;
    auto checked = check_members(body.text(), description);
    if (!checked) return std::move(checked).error().context("BODY");
    auto encoded = codec::bytes_from_json(description, body.text());
    if (!encoded) return std::move(encoded).error().context("BODY");
    return Bytes::copy_of(std::span<const std::byte>{*encoded});
}

std::string first_of(const std::vector<std::string>& descriptions) {
    return descriptions.empty() ? std::string{} : descriptions.front();
}

/// The answer, and a newline unless it ends with one.
Result<void> write(const Payload& answer, const std::string& description, CallOptions::Form form) {
    Output output;
    bool has_newline = form == CallOptions::Form::raw;
    if (form == CallOptions::Form::json) {
        MYCELIUM_TRY(output.write(json_of_bytes(answer.bytes, description)));
    } else {
        MYCELIUM_TRY(output.write(answer.bytes));
        has_newline =
            has_newline || (!answer.bytes.empty() && answer.bytes.back() == std::byte{'\n'});
    }
    if (!has_newline) MYCELIUM_TRY(output.write("\n"));
    return output.flush();
}

Result<int> call(const CallOptions& options) {
    MYCELIUM_TRY_ASSIGN(Bytes body, body_of(options));
    Node node = node_of(verb, Warnings::kept);
    RequesterOptions port_options;
    port_options.role = options.end.role;
    port_options.message_bytes_max = options.end.message_bytes_max;
    auto port = node.requester_port(options.end.urls, any_schema(), any_schema(), port_options);
    if (!port) return fail_to_open(verb, port.error());
    if (options.end.role == Role::bind) say_where(verb, options.end.urls, port->urls());
    const Instant deadline = after(options.timeout);
    if (auto there = wait_for_replier(*port, options, deadline); !there)
        return fail_to_open(verb, there.error());
    // Before the call: a replier may leave as soon as it has answered.
    const std::string description = first_of(port->peer_descriptions());
    if (options.form == CallOptions::Form::json) {
        MYCELIUM_TRY_ASSIGN(body, question_of(body, first_of(port->question_descriptions())));
    }
    const Payload question = payload_of_bytes(body);
    if (options.is_notification) {
        const Outcome sent = port->notify(question, options.method);
        return sent ? Result<int>{exit_success} : explained(sent.error(), options);
    }
    auto answer = port->call(question, remaining(deadline), options.method);
    if (!answer) return explained(std::move(answer).error(), options);
    MYCELIUM_TRY(write(answer->payload, description, options.form));
    return exit_success;
}

}  // namespace

int run_call(const CallOptions& options) {
    const auto called = call(options);
    return called ? *called : fail(verb, called.error());
}

}  // namespace mycelium::cli
