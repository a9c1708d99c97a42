#include "deploy/fabric_reader.h"

#include <algorithm>
#include <map>

#include <mycelium/url.h>

#include "base/domains.h"

namespace mycelium::deploy {

namespace {

using namespace std::chrono_literals;
using Key = TomlReader::Key;

constexpr std::size_t words_max = 10'000;  // of a command

template <class Value, class Read>
void set(Value& value, Read&& read) {
    if (read) value = *std::forward<Read>(read);
}

std::string section(std::string_view kind, std::string_view name) {
    return "[" + std::string{kind} + "." + std::string{name} + "]";
}

}  // namespace

void FabricReader::read(const TomlValue& table) {
    const auto each = [this](std::string_view kind, auto member) {
        return [this, kind, member](const TomlValue& value) {
            reader_.named(value, kind, [&](const std::string& name, const TomlValue& one) {
                (this->*member)(name, one);
            });
        };
    };
    const std::vector<Key> keys{
        {"fabric", [this](const TomlValue& value) { read_fabric(value); }},
        {"service", each("service", &FabricReader::read_service)},
        {"link", each("link", &FabricReader::read_link)},
        {"host", each("host", &FabricReader::read_host)},
    };
    reader_.table(table, "a fabric file", keys);
    if (file_.services.size() > services_max)
        reader_.mistake({}, "a fabric has at most " + std::to_string(services_max) + " services");
    if (file_.links.size() > links_max)
        reader_.mistake({}, "a fabric has at most " + std::to_string(links_max) + " links");
    if (!reader_.mistakes().empty()) return;
    if (file_.services.empty())
        reader_.mistake({}, "there is no service: write [service.NAME] and its command");
    for (const ServiceSpec& service : file_.services) check_service(service);
    check_binders();
    check_links();
    check_cycles();
}

void FabricReader::read_fabric(const TomlValue& table) {
    const TomlValue* output = nullptr;
    const std::vector<Key> keys{
        {"name",
         [this](const TomlValue& value) {
             set(file_.name, reader_.string(value, "name"));
             if (!is_name(file_.name))
                 reader_.mistake(value.at, "name has 1 to " + std::to_string(name_bytes_max) +
                                               " letters, digits, '-' and '_'");
         }},
        {"mode",
         [this](const TomlValue& value) {
             const auto index = reader_.one_of(value, "mode", {"threads", "processes", "hosts"});
             if (index) file_.mode = static_cast<Mode>(*index);
         }},
        {"program",
         [this](const TomlValue& value) { file_.program = read_command(value, "program"); }},
        {"logs",
         [this](const TomlValue& value) {
             set(file_.logs, reader_.string(value, "logs"));
             if (file_.logs.empty()) reader_.mistake(value.at, "logs names a folder");
         }},
        {"output",
         [&](const TomlValue& value) {
             output = &value;
             file_.keeps_output = reader_.one_of(value, "output", {"lines", "own"}) == 1u;
         }},
        {"say",
         [this](const TomlValue& value) {
             file_.says_only_trouble = reader_.one_of(value, "say", {"all", "trouble"}) == 1u;
         }},
    };
    reader_.table(table, "[fabric]", keys);
    if (file_.keeps_output && !file_.logs.empty())
        reader_.mistake(output->at, "output = \"own\" leaves no lines for logs");
}

std::vector<std::string> FabricReader::read_command(const TomlValue& value, std::string_view what) {
    auto words = reader_.strings(value, what);
    const bool is_list = value.kind == TomlValue::Kind::array;
    if (is_list && (value.elements.empty() || (!words.empty() && words.front().empty())))
        reader_.mistake(value.at, std::string{what} + " names a program and its arguments");
    if (words.size() > words_max)
        reader_.mistake(value.at,
                        std::string{what} + " has at most " + std::to_string(words_max) + " words");
    return words;
}

void FabricReader::read_service(const std::string& name, const TomlValue& table) {
    ServiceSpec service;
    service.name = name;
    service.at = table.key_at;
    const auto duration = [this](Duration& into, std::string_view what, Duration min) {
        return [this, &into, what, min](const TomlValue& value) {
            set(into, reader_.duration(value, what, min, 24h));
        };
    };
    auto& restart = service.restart;
    const std::vector<Key> keys{
        {"command",
         [&](const TomlValue& value) { service.command = read_command(value, "command"); }},
        {"relay", [&](const TomlValue& value) { read_relay(service, value); }},
        {"arguments",
         [&](const TomlValue& value) { service.arguments = reader_.strings(value, "arguments"); }},
        {"restart",
         [&](const TomlValue& value) {
             const auto index = reader_.one_of(value, "restart", {"always", "on-failure", "never"});
             if (index) restart.when = static_cast<mesh::Restart>(*index);
         }},
        {"restarts_max",
         [&](const TomlValue& value) {
             if (const auto count = reader_.integer(value, "restarts_max", 0, 100'000))
                 restart.restarts_max = static_cast<std::uint32_t>(*count);
         }},
        {"window", duration(restart.window, "window", 1ms)},
        {"backoff", duration(restart.backoff_first, "backoff", 1ms)},
        {"backoff_max", duration(restart.backoff_max, "backoff_max", 1ms)},
        {"after",
         [&](const TomlValue& value) { service.after = reader_.references(value, "after"); }},
        {"environment",
         [&](const TomlValue& value) {
             service.environment = reader_.environment(value, "environment");
         }},
        {"directory",
         [&](const TomlValue& value) {
             set(service.directory, reader_.string(value, "directory"));
             if (service.directory.empty()) reader_.mistake(value.at, "directory names a folder");
         }},
        {"host", [&](const TomlValue& value) { service.host = reader_.reference(value, "host"); }},
        {"stop_within", duration(service.stop_within, "stop_within", 0ms)},
        {"when_done",
         [&](const TomlValue& value) {
             const auto index = reader_.one_of(value, "when_done", {"go-on", "stop"});
             service.stops_all_when_done = index == std::size_t{1};
         }},
        {"ready",
         [&](const TomlValue& value) {
             const auto index = reader_.one_of(value, "ready", {"notify", "started"});
             service.is_ready_when_it_says = index == std::size_t{0};
         }},
        {"ready_within", duration(service.ready_within, "ready_within", 1ms)},
    };
    reader_.table(table, section("service", name), keys);
    file_.services.push_back(std::move(service));
}

void FabricReader::read_relay(ServiceSpec& service, const TomlValue& value) {
    static const std::vector<std::string> domains{base::domain_names.begin(),
                                                  base::domain_names.end()};
    RelaySpec relay;
    const std::vector<Key> keys{
        {"domain",
         [&](const TomlValue& member) {
             if (const auto index = reader_.one_of(member, "domain", domains))
                 relay.domain = domains[*index];
         }},
        {"in", [&](const TomlValue& member) { relay.in = reader_.references(member, "in"); }},
        {"out", [&](const TomlValue& member) { relay.out = reader_.references(member, "out"); }},
        {"control",
         [&](const TomlValue& member) { relay.control = reader_.references(member, "control"); }},
        {"block_max",
         [&](const TomlValue& member) {
             relay.block_max = reader_.duration(member, "block_max", 0ms, 24h);
         }},
    };
    reader_.table(value, "relay", keys);
    const bool is_table = value.kind == TomlValue::Kind::table;
    for (const std::string_view key : {"domain", "in", "out"})
        if (is_table && std::none_of(value.members.begin(), value.members.end(),
                                     [&](const auto& member) { return member.name == key; }))
            reader_.mistake(value.at, "relay needs " + std::string{key});
    service.relay = std::move(relay);
}

void FabricReader::read_link(const std::string& name, const TomlValue& table) {
    LinkSpec link;
    link.name = name;
    link.at = table.key_at;
    const std::vector<Key> keys{
        {"url",
         [&](const TomlValue& value) {
             set(link.url, reader_.string(value, "url"));
             const auto url = Url::parse(link.url);
             if (!url)
                 reader_.mistake(value.at, url.error().message());
             else if (link.url.find_first_of(" \t\n") != std::string::npos)
                 reader_.mistake(value.at, "url has a blank; write %20");
         }},
        {"bound_by",
         [&](const TomlValue& value) { link.bound_by = reader_.reference(value, "bound_by"); }},
        {"port",
         [&](const TomlValue& value) {
             if (const auto port = reader_.integer(value, "port", 1, 65535))
                 link.port = static_cast<std::uint16_t>(*port);
         }},
    };
    reader_.table(table, section("link", name), keys);
    file_.links.push_back(std::move(link));
}

void FabricReader::read_host(const std::string& name, const TomlValue& table) {
    HostSpec host;
    host.name = name;
    const std::vector<Key> keys{
        {"address",
         [&](const TomlValue& value) {
             set(host.address, reader_.string(value, "address"));
             const auto url = Url::parse("tcp://" + host.address + ":1");
             if (!url || !HostPort::parse(url->place))
                 reader_.mistake(value.at, "'" + host.address +
                                               "' is no address: write 10.0.0.1, a name, or "
                                               "[fd00::1]");
         }},
    };
    reader_.table(table, section("host", name), keys);
    if (host.address.empty())
        reader_.mistake(table.key_at, section("host", name) + " needs address");
    file_.hosts.push_back(std::move(host));
}

}  // namespace mycelium::deploy
