#include "deploy/fabric_file.h"

#include <algorithm>
#include <cctype>

#include "base/nearest.h"
#include "deploy/fabric_reader.h"
#include "host/os/standard_io.h"

namespace mycelium::deploy {

namespace {

bool is_name_letter(char c) noexcept {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

template <class Named>
const Named* named(const std::vector<Named>& all, std::string_view name) noexcept {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
    std::vector<std::string> names;
    for (const Named& one : all) names.push_back(one.name);
    return names;
}

std::string place_of(const std::string& path, const Position& at) {
    if (at.line == 0) return path;
    return path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string stem_of(const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    return name.substr(0, name.rfind('.'));
}

}  // namespace

std::string_view name_of(Mode mode) noexcept {
    switch (mode) {
        case Mode::threads:
            return "threads";
        case Mode::processes:
            return "processes";
        case Mode::hosts:
            return "hosts";
    }
    return "unknown";
}

Result<Mode> mode_named(std::string_view name) {
    const std::vector<std::string> names{"threads", "processes", "hosts"};
    for (const Mode mode : {Mode::threads, Mode::processes, Mode::hosts})
        if (name_of(mode) == name) return mode;
    return Error{Errc::invalid, "a mode is threads, processes or hosts, not '" + std::string{name} +
                                    "'" + base::did_you_mean(name, names)};
}

std::vector<Reference> RelaySpec::links() const {
    std::vector<Reference> all = in;
    all.insert(all.end(), out.begin(), out.end());
    all.insert(all.end(), control.begin(), control.end());
    return all;
}

const ServiceSpec* FabricFile::service(std::string_view wanted) const noexcept {
    return named(services, wanted);
}
const LinkSpec* FabricFile::link(std::string_view wanted) const noexcept {
    return named(links, wanted);
}
const HostSpec* FabricFile::host(std::string_view wanted) const noexcept {
    return named(hosts, wanted);
}
std::vector<std::string> FabricFile::service_names() const { return names_of(services); }
std::vector<std::string> FabricFile::link_names() const { return names_of(links); }
std::vector<std::string> FabricFile::host_names() const { return names_of(hosts); }
std::string FabricFile::place(const Position& at) const { return place_of(path, at); }

Error error_of(const std::string& path, const std::vector<Mistake>& mistakes) {
    std::vector<Mistake> sorted = mistakes;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Mistake& a, const Mistake& b) {
        return a.at.line != b.at.line ? a.at.line < b.at.line : a.at.column < b.at.column;
    });
    std::string text;
    for (std::size_t n = 0; n < std::min(sorted.size(), mistakes_shown_max); ++n)
        text += (n == 0 ? "" : "\n") + place_of(path, sorted[n].at) + ": " + sorted[n].text;
    if (sorted.size() > mistakes_shown_max)
        text += "\n" + path + ": and " + std::to_string(sorted.size() - mistakes_shown_max) +
                " more mistakes";
    return {Errc::invalid, std::move(text)};
}

bool is_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= name_bytes_max &&
           std::all_of(name.begin(), name.end(), is_name_letter);
}

std::string name_from(std::string_view text) {
    std::string name{text.substr(0, name_bytes_max)};
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !is_name_letter(c); }, '-');
    return name.empty() ? "fabric" : name;
}

std::string variable_of(std::string_view prefix, std::string_view name) {
    std::string variable{prefix};
    for (const char c : name)
        variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return variable;
}

Result<FabricFile> parse_fabric(std::string_view text, const std::string& path,
                                const std::optional<std::vector<std::string>>& functions) {
    ParsedToml parsed = parse_toml(text);
    if (!parsed.mistakes.empty()) return error_of(path, parsed.mistakes);
    FabricFile file;
    file.path = path;
    const std::size_t slash = path.rfind('/');
    file.folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
    file.name = name_from(stem_of(path));
    FabricReader reader{file, functions};
    reader.read(parsed.table);
    if (!reader.mistakes().empty()) return error_of(path, reader.mistakes());
    return file;
}

Result<FabricFile> read_fabric(const std::string& path,
                               const std::optional<std::vector<std::string>>& functions) {
    MYCELIUM_TRY_ASSIGN(const os::Fd file, os::open_to_read(path));
    auto bytes = os::read_to_end(file.get(), toml_bytes_max);
    if (!bytes && bytes.error().code() == Errc::overloaded)
        return Error{Errc::invalid, path + ": the file is larger than 1 MiB"};
    if (!bytes) return std::move(bytes).error().context(path);
    return parse_fabric(bytes->text(), path, functions);
}

FabricFile fabric_of(const std::string& name, const std::vector<std::string>& functions) {
    FabricFile file;
    file.path = name;
    file.name = name_from(name);
    for (const std::string& function : functions) {
        ServiceSpec service;
        service.name = function;
        file.services.push_back(std::move(service));
    }
    return file;
}

}  // namespace mycelium::deploy
