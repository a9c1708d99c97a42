#include "core/wire/names.h"

#include <array>

namespace mycelium::wire {
namespace {

constexpr std::array forms{Form::local,  Form::flat,  Form::tlv,
                           Form::fields, Form::bytes, Form::any};
constexpr std::array patterns{Pattern::publisher, Pattern::subscriber, Pattern::requester,
                              Pattern::replier};
constexpr std::array policies{SlowReader::block, SlowReader::drop_oldest, SlowReader::latest,
                              SlowReader::disconnect};

template <class Enums>
std::optional<typename Enums::value_type> named(const Enums& all, std::string_view name) noexcept {
    for (const auto value : all)
        if (name_of(value) == name) return value;
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Pattern pattern) noexcept {
    switch (pattern) {
        case Pattern::publisher:
            return "publisher";
        case Pattern::subscriber:
            return "subscriber";
        case Pattern::requester:
            return "requester";
        case Pattern::replier:
            return "replier";
    }
    return "unknown";
}

Pattern counterpart(Pattern pattern) noexcept {
    switch (pattern) {
        case Pattern::publisher:
            return Pattern::subscriber;
        case Pattern::subscriber:
            return Pattern::publisher;
        case Pattern::requester:
            return Pattern::replier;
        case Pattern::replier:
            return Pattern::requester;
    }
    return pattern;
}

std::optional<Form> form_named(std::string_view name) noexcept { return named(forms, name); }
std::optional<Pattern> pattern_named(std::string_view name) noexcept {
    return named(patterns, name);
}
std::optional<SlowReader> slow_reader_named(std::string_view name) noexcept {
    return named(policies, name);
}

}  // namespace mycelium::wire
