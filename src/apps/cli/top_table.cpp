#include "apps/cli/top_table.h"

#include <algorithm>

#include "apps/cli/quantity.h"
#include "apps/cli/seen_text.h"
#include "core/wire/hello.h"

namespace mycelium::cli {

namespace {

struct Row {
    const NodeLook* node = nullptr;
    const fabric::SeenPort* port = nullptr;
    const fabric::SeenLink* link = nullptr;  // null: the port has none
    LinkRates rates;
};

std::vector<Row> rows_of(const Look& before, const Look& now) {
    std::vector<Row> rows;
    for (const NodeLook& node : now.nodes)
        for (const fabric::SeenPort& port : node.node.ports) {
            if (port.links.empty()) rows.push_back({&node, &port, nullptr, {}});
            for (const fabric::SeenLink& link : port.links)
                rows.push_back({&node, &port, &link,
                                rates_between(before, now, node, link).value_or(LinkRates{})});
        }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        if ((a.link == nullptr) != (b.link == nullptr)) return b.link == nullptr;
        return a.rates.messages() > b.rates.messages();
    });
    return rows;
}

/// The columns of fixed width take 49 characters, and node and peer share the rest.
struct Widths {
    explicit Widths(std::size_t columns)
        : node((std::max<std::size_t>(columns, 65) - 49) / 2),
          peer(std::max<std::size_t>(columns, 65) - 49 - node) {}
    std::size_t node, peer;
};

std::string line_of(const Widths& widths, std::string_view pid, std::string_view node,
                    std::string_view kind, std::string_view peer, std::string_view messages,
                    std::string_view bytes, std::string_view behind, std::string_view lost) {
    return fit_right(pid, 7) + " " + fit(node, widths.node) + " " + fit(kind, 3) + " " +
           fit(peer, widths.peer) + " " + fit_right(messages, 7) + " " + fit_right(bytes, 9) + " " +
           fit_right(behind, 7) + " " + fit_right(lost, 8);
}

std::string_view short_kind(wire::Pattern pattern) noexcept {
    switch (pattern) {
        case wire::Pattern::publisher:
            return "pub";
        case wire::Pattern::subscriber:
            return "sub";
        case wire::Pattern::requester:
            return "req";
        case wire::Pattern::replier:
            return "rep";
    }
    return "?";
}

std::string line_of(const Widths& widths, const Row& row) {
    const std::string pid = std::to_string(row.node->pid);
    const std::string_view name = row.node->node.name;
    const std::string_view kind = short_kind(row.port->pattern);
    if (!row.link) return line_of(widths, pid, name, kind, "nobody", "", "", "", "");
    const fabric::SeenLink& link = *row.link;
    const std::uint64_t lost = link.lost();
    const std::string behind =
        row.port->writes() ? short_number(static_cast<double>(link.in_flight())) : "";
    return line_of(widths, pid, name, kind,
                   link.peer.empty() ? std::string_view{"?"} : std::string_view{link.peer},
                   short_number(row.rates.messages()), short_bytes(row.rates.bytes()), behind,
                   short_number(static_cast<double>(lost)));
}

}  // namespace

std::vector<std::string> top_lines(const Look& before, const Look& now, std::size_t columns,
                                   std::size_t rows_max) {
    const std::vector<Row> rows = rows_of(before, now);
    const auto links = std::count_if(rows.begin(), rows.end(), [](const Row& r) { return r.link; });
    const Widths widths{columns};
    std::vector<std::string> lines{
        fit(count_of(now.nodes.size(), "node") + ", " +
                count_of(static_cast<std::uint64_t>(links), "link end"),
            columns),
        line_of(widths, "PID", "NODE", "IS", "PEER", "MSG/S", "BYTES/S", "BEHIND", "LOST")};
    for (const Row& row : rows) {
        if (lines.size() >= rows_max) break;
        lines.push_back(line_of(widths, row));
    }
    for (std::string& line : lines) line = fit(line, columns);
    if (lines.size() > rows_max) lines.resize(rows_max);
    return lines;
}

}  // namespace mycelium::cli
