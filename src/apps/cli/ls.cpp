#include "apps/cli/ls.h"

#include <string>

#include "apps/cli/looking.h"
#include "apps/cli/output.h"
#include "apps/cli/report.h"
#include "apps/cli/seen_json.h"
#include "apps/cli/seen_text.h"
#include "apps/cli/text.h"

namespace mycelium::cli {

namespace {

constexpr std::string_view verb = "ls";

std::string text_of_node(const NodeLook& its) {
    std::string text = std::to_string(its.pid) + " " + one_line(its.node.name) + "\n";
    for (const fabric::SeenPort& port : its.node.ports) {
        text += "  " + std::to_string(port.number) + " " + describe(port) + "\n";
        for (const fabric::SeenLink& link : port.links)
            text += "      " + describe(port, link) + "\n";
    }
    if (its.node.ports_not_shown != 0)
        text += "  and " + std::to_string(its.node.ports_not_shown) + " more\n";
    return text;
}

Result<void> list(const LsOptions& options) {
    MYCELIUM_TRY_ASSIGN(const fabric::Views views, find({}));
    const Look look = look_at(views.nodes);
    Output output;
    if (options.json) {
        MYCELIUM_TRY_ASSIGN(const std::string json,
                            json_of(look, nullptr, views.processes_unreadable));
        MYCELIUM_TRY(output.write(json + "\n"));
    } else {
        for (const NodeLook& node : look.nodes) MYCELIUM_TRY(output.write(text_of_node(node)));
    }
    MYCELIUM_TRY(output.flush());
    if (look.nodes.empty()) say(verb, "no node is running; a node shows once it has a port");
    say_unseen(verb, views);
    return {};
}

}  // namespace

int run_ls(const LsOptions& options) {
    const auto listed = list(options);
    return listed ? exit_success : fail(verb, listed.error());
}

}  // namespace mycelium::cli
