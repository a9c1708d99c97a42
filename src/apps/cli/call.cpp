#include "apps/cli/call.h"

#include <algorithm>
#include <utility>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/input.h"
#include "apps/cli/message_json.h"
#include "apps/cli/output.h"
#include "apps/cli/report.h"
#include "host/os/clock.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "call";

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
    return std::move(error).context(where);
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

Result<void> call(const CallOptions& options) {
    MYCELIUM_TRY_ASSIGN(const Bytes body, body_of(options));
    Node node = node_of(verb);
    RequesterOptions port_options;
    port_options.role = options.end.role;
    port_options.message_bytes_max = options.end.message_bytes_max;
    MYCELIUM_TRY_ASSIGN(RequesterPort port, node.requester_port(options.end.urls, any_schema(),
                                                                any_schema(), port_options));
    if (options.end.role == Role::bind) say_where(verb, options.end.urls, port.urls());
    const Payload question = payload_of_bytes(body);
    const Instant deadline = after(options.timeout);
    std::string description;
    if (options.is_notification || options.form == CallOptions::Form::json) {
        if (auto waited = port.wait_for(1, options.timeout); !waited)
            return explained(std::move(waited).error(), options);
        // Before the call: a replier may leave as soon as it has answered.
        const auto descriptions = port.peer_descriptions();
        if (!descriptions.empty()) description = descriptions.front();
    }
    if (options.is_notification) {
        const Outcome sent = port.notify(question, options.method);
        return sent ? Result<void>{} : explained(sent.error(), options);
    }
    auto answer = port.call(question, remaining(deadline), options.method);
    if (!answer) return explained(std::move(answer).error(), options);
    return write(answer->payload, description, options.form);
}

}  // namespace

int run_call(const CallOptions& options) {
    const auto called = call(options);
    return called ? exit_success : fail(verb, called.error());
}

}  // namespace mycelium::cli
