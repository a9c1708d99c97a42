// What the options of several verbs have in common: how their values are read, how they are told.
// Only main.cpp includes this.
//
// The name of a value says what completion offers for it (apps/cli/completion.h): FILE, FOLDER,
// URL, or the words that it may be, "threads|processes".
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "apps/cli/ends.h"
#include "apps/cli/quantity.h"

namespace mycelium::cli {

/// Help without what an option's text says already.
class Format final : public CLI::Formatter {
public:
    Format() { column_width(26); }
    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string type = option->get_positional() ? "" : option->get_type_name();
        return type.empty() ? "" : " " + type;
    }
};

/// An option whose text `parse` makes a value of.
template <class Value, class Parse>
CLI::Option* add_parsed(CLI::App* app, const std::string& name, Value& value, Parse parse,
                        const std::string& text) {
    return app->add_option_function<std::string>(
        name,
        [&value, parse, name](const std::string& written) {
            auto parsed = parse(written);
            if (!parsed) throw CLI::ValidationError(name, parsed.error().message());
            value = *parsed;
        },
        text);
}

template <class Value>
CLI::Option* add_duration(CLI::App* app, const std::string& name, Value& value,
                          const std::string& text) {
    return add_parsed(app, name, value, parse_duration, text)->type_name("DURATION");
}

inline Result<std::uint64_t> parse_message_size(std::string_view text) {
    MYCELIUM_TRY_ASSIGN(const std::uint64_t size, parse_size(text));
    if (size == 0 || size > limits::message_bytes_ceiling)
        return Error{Errc::invalid, "a message has 1 to " +
                                        std::to_string(limits::message_bytes_ceiling) + " bytes"};
    return size;
}

/// Reads whole numbers in a range.
inline auto whole_number(std::uint64_t min, std::uint64_t max = UINT64_MAX) {
    return [min, max](std::string_view text) -> Result<std::uint64_t> {
        std::uint64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stopped == end && number >= min && number <= max) return number;
        const std::string bounds = max == UINT64_MAX
                                       ? std::to_string(min) + " on"
                                       : std::to_string(min) + " to " + std::to_string(max);
        return Error{Errc::invalid,
                     "'" + std::string{text} + "' is not a whole number from " + bounds};
    };
}

/// Reads numbers in a range.
inline auto number(double min, double max, std::string_view bounds) {
    return [min, max, bounds](std::string_view text) -> Result<double> {
        double value = 0;
        const char* end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc{} && stopped == end && value >= min && value <= max) return value;
        return Error{Errc::invalid,
                     "'" + std::string{text} + "' is not a number from " + std::string{bounds}};
    };
}

inline Result<SlowReader> parse_policy(std::string_view text) {
    for (auto policy :
         {SlowReader::block, SlowReader::drop_oldest, SlowReader::latest, SlowReader::disconnect})
        if (name_of(policy) == text) return policy;
    return Error{Errc::invalid, "'" + std::string{text} +
                                    "' is none of block, drop_oldest, latest and disconnect"};
}

/// "1,11": numbers of TLVs.
inline Result<tlv::TypeSet> parse_types(std::string_view text) {
    tlv::TypeSet types;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        MYCELIUM_TRY_ASSIGN(const std::uint64_t type, whole_number(1, 254)(text.substr(0, comma)));
        types.add(static_cast<std::uint8_t>(type));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return types;
}

/// An option of one URL or several.
inline CLI::Option* add_where(CLI::App* app, const std::string& name, Urls& urls,
                              const std::string& text) {
    return app
        ->add_option_function<std::vector<std::string>>(
            name,
            [&urls, name](const std::vector<std::string>& written) {
                if (auto checked = check_urls(written); !checked)
                    throw CLI::ValidationError(name, checked.error().message());
                urls = Urls{written};
            },
            text)
        ->type_name("URL");
}

/// One URL, or a list of them.
template <class Written>
void add_urls(CLI::App* app, EndOptions& end, const std::string& text) {
    const auto take = [&end](const Written& written) {
        std::vector<std::string> urls;
        if constexpr (std::is_same_v<Written, std::string>)
            urls.push_back(written);
        else
            urls = written;
        if (auto checked = check_urls(urls); !checked)
            throw CLI::ValidationError(checked.error().message());
        end.urls = std::move(urls);
    };
    app->add_option_function<Written>(
           "URL", take, text + ": shm://name, unix:///path, unix://@name or tcp://host:port")
        ->required();
}

inline void add_ends(CLI::App* app, EndOptions& end, const std::string& usual) {
    auto* bind = app->add_flag_callback(
        "--bind", [&end] { end.role = Role::bind; }, "Bind the URL");
    app->add_flag_callback(
           "--dial", [&end] { end.role = Role::connect; },
           "Dial the URL (" + usual + " unless said)")
        ->excludes(bind);
    add_parsed(app, "--message-max", end.message_bytes_max, parse_message_size,
               "Largest message (64MiB)")
        ->type_name("SIZE");
}

inline Result<Duration> parse_interval(std::string_view text) {
    MYCELIUM_TRY_ASSIGN(const Duration interval, parse_duration(text));
    if (interval < std::chrono::milliseconds{10} || interval > std::chrono::hours{1})
        return Error{Errc::invalid, "an interval has 10ms to 1h"};
    return interval;
}

}  // namespace mycelium::cli
