#include "coinbase.h"

#include <simdjson.h>

#include "asset.h"
#include "decimal.h"
#include "exchange_time.h"

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

Result<std::string_view> text_of(const simdjson::dom::object& message, std::string_view field) {
    std::string_view text;
    const auto error = message[field].get(text);
    if (!error) return text;
    const bool is_absent = error == simdjson::NO_SUCH_FIELD;
    return Error{Errc::malformed,
                 std::string{field} + (is_absent ? " is missing" : " is not a string")};
}

Result<std::int64_t> amount_of(const simdjson::dom::object& message, std::string_view field) {
    MYCELIUM_TRY_ASSIGN(const std::string_view text, text_of(message, field));
    auto amount = parse_decimal(text);
    if (!amount) return std::move(amount).error().context(field);
    if (*amount == 0) return Error{Errc::malformed, std::string{field} + " is zero"};
    return amount;
}

/// The feed names the maker's side; a trade has the taker's, who is on the other one.
Result<std::uint8_t> taker_side_of(const simdjson::dom::object& message) {
    MYCELIUM_TRY_ASSIGN(const std::string_view maker, text_of(message, "side"));
    if (maker == "buy") return side_sell;
    if (maker == "sell") return side_buy;
    return Error{Errc::malformed, "side is neither buy nor sell"};
}

Result<Trade> trade_of(const simdjson::dom::object& message) {
    Trade trade{};
    MYCELIUM_TRY_ASSIGN(const std::string_view product, text_of(message, "product_id"));
    MYCELIUM_TRY_ASSIGN(trade.asset_id, asset_id_of(product));
    MYCELIUM_TRY_ASSIGN(trade.price, amount_of(message, "price"));
    MYCELIUM_TRY_ASSIGN(trade.volume, amount_of(message, "size"));
    MYCELIUM_TRY_ASSIGN(trade.side, taker_side_of(message));
    MYCELIUM_TRY_ASSIGN(const std::string_view time, text_of(message, "time"));
    MYCELIUM_TRY_ASSIGN(trade.exchange_time, parse_exchange_time(time));
    trade.venue = static_cast<std::uint16_t>(Venue::coinbase);
    trade.asset_type = asset_type_pair;
    return trade;
}

}  // namespace

CoinbaseReader::CoinbaseReader() : parser_(std::make_unique<simdjson::dom::parser>()) {}
CoinbaseReader::~CoinbaseReader() = default;

Result<std::optional<Trade>> CoinbaseReader::read(std::string_view line) {
    simdjson::dom::object message;
    if (const auto error = parser_->parse(line.data(), line.size()).get(message))
        return Error{Errc::malformed,
                     error == simdjson::INCORRECT_TYPE ? "is not a JSON object" : "is not JSON"};
    MYCELIUM_TRY_ASSIGN(const std::string_view type, text_of(message, "type"));
    if (type != "match" && type != "last_match") return std::optional<Trade>{};
    MYCELIUM_TRY_ASSIGN(const Trade trade, trade_of(message));
    return std::optional<Trade>{trade};
}

}  // namespace trading
