// Coinbase: one message of the exchange's matches channel, a JSON object, as a Trade.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "messages.h"

namespace simdjson::dom {
class parser;
}

namespace trading {

/// Reads one message at a time. One thread at a time; keeps its memory between messages.
class CoinbaseReader {
public:
    CoinbaseReader();
    ~CoinbaseReader();

    /// The trade of a `match` or `last_match`; none if the message is of another type. Errors say
    /// what is wrong with it.
    mycelium::Result<std::optional<Trade>> read(std::string_view line);

private:
    std::unique_ptr<simdjson::dom::parser> parser_;
};

}  // namespace trading
