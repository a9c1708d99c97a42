#include "apps/cli/call.h"

#include <utility>

#include <mycelium/codec.h>
#include <mycelium/node.h>

#include "apps/cli/input.h"
#include "apps/cli/message_json.h"
#include "apps/cli/output.h"
#include "apps/cli/report.h"

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

Error explained(Error error, const CallOptions& options) {
    std::string where = joined(options.end.urls);
    if (error.code() == Errc::failed && error.detail() != 0)
        where += ": error " + std::to_string(error.detail());
    return std::move(error).context(where);
}

/// The description of what the replier answers, if it is there and has one.
std::string description_of(const RequesterPort& port) {
    const auto descriptions = port.peer_descriptions();
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
    if (options.is_notification) {
        if (auto waited = port.wait_for(1, options.timeout); !waited)
            return explained(std::move(waited).error(), options);
        const Outcome sent = port.notify(question, options.method);
        return sent ? Result<void>{} : explained(sent.error(), options);
    }
    auto answer = port.call(question, options.timeout, options.method);
    if (!answer) return explained(std::move(answer).error(), options);
    return write(answer->payload, description_of(port), options.form);
}

}  // namespace

int run_call(const CallOptions& options) {
    const auto called = call(options);
    return called ? exit_success : fail(verb, called.error());
}

}  // namespace mycelium::cli
