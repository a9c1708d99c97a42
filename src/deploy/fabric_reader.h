// FabricReader: the checks between a TOML tree and a FabricFile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deploy/fabric_file.h"
#include "deploy/toml_reader.h"

namespace mycelium::deploy {

/// Fills a FabricFile and collects what is wrong. Used once, by parse_fabric().
class FabricReader {
public:
    FabricReader(FabricFile& file, const std::optional<std::vector<std::string>>& functions)
        : file_(file), functions_(functions) {}
    void read(const TomlValue& table);
    const std::vector<Mistake>& mistakes() const noexcept { return reader_.mistakes(); }

private:
    void read_fabric(const TomlValue& table);
    void read_service(const std::string& name, const TomlValue& table);
    void read_relay(ServiceSpec& service, const TomlValue& value);
    void read_link(const std::string& name, const TomlValue& table);
    void read_host(const std::string& name, const TomlValue& table);
    std::vector<std::string> read_command(const TomlValue& value, std::string_view what);

    void check_service(const ServiceSpec& service);
    void check_relay(const ServiceSpec& service);
    void check_binders();
    void check_links();
    void check_cycles();

    FabricFile& file_;
    const std::optional<std::vector<std::string>>& functions_;
    TomlReader reader_;
};

}  // namespace mycelium::deploy
