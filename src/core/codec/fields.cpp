#include <mycelium/codec/fields.h>

#include <charconv>

namespace mycelium::codec {

bool read_any_key(msgpack::Reader& in, std::uint32_t& number) noexcept {
    number = unknown_field;
    if (in.peek() == msgpack::Kind::string) {
        std::string_view text;
        if (!in.string(text)) return false;
        std::uint16_t read = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
        if (error == std::errc{} && end == text.data() + text.size() && read != 0) number = read;
        return true;
    }
    std::span<const std::byte> key;
    if (!in.raw(key)) return false;
    msgpack::Reader again{key};
    std::uint16_t read = 0;
    if (again.integer(read) && read != 0) number = read;
    return true;
}

}  // namespace mycelium::codec
