#include "core/wire/plain_call.h"

#include <string>
#include <string_view>

#include "core/codec/description.h"

namespace mycelium::wire {

Result<std::vector<std::byte>> decode_plain_params(const FastMessage& call, const TypeInfo& type) {
    if (!call.params) return std::vector<std::byte>{};
    if (call.is_json && call.params_inline && !type.description.empty())
        return codec::bytes_from_json(
            type.description,
            {reinterpret_cast<const char*>(call.params->data()), call.params->size()});
    return std::vector<std::byte>(call.params->begin(), call.params->end());
}

std::vector<std::byte> encode_plain_answer(std::uint64_t id, std::span<const std::byte> answer,
                                           const TypeInfo& type, bool is_json) {
    FastMessage response;
    response.type = FastMessage::Type::response;
    response.is_json = is_json;
    response.id = id;
    response.result = answer;
    std::string text;
    if (is_json && !type.description.empty())
        if (auto json = codec::json_from_bytes(type.description, answer)) {
            text = *std::move(json);
            response.result = std::as_bytes(std::span{text});
            response.result_inline = true;
        }
    return encode_fast_message(response);
}

}  // namespace mycelium::wire
