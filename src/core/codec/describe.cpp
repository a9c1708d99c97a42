#include <mycelium/codec/describe.h>

#include <mycelium/limits.h>

namespace mycelium::codec {

std::string Describer::describe(const std::type_info& type, Block block) {
    index_of(type, block);
    // Blocks may mention further types while they are written.
    for (std::size_t i = 0; i < mentioned_.size(); ++i) mentioned_[i].block(*this);
    if (text_.size() <= limits::description_bytes_max) return std::move(text_);
    const std::uint64_t hash = fingerprint_of(text_);
    text_.resize(text_.find('\n'));
    return std::move(text_) + " ~" + std::to_string(hash) + "\n";
}

void Describer::reference(const std::type_info& type, Block block) {
    text_.append("#").append(std::to_string(index_of(type, block)));
}

void Describer::name(std::string_view name) {
    for (const char c : name)
        if (c != ' ') text_.push_back(c);
}

std::size_t Describer::index_of(const std::type_info& type, Block block) {
    for (std::size_t i = 0; i < mentioned_.size(); ++i)
        if (*mentioned_[i].type == type) return i;
    mentioned_.push_back({&type, block});
    return mentioned_.size() - 1;
}

std::uint64_t fingerprint_of(std::string_view description) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : description) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash == 0 ? 1 : hash;
}

}  // namespace mycelium::codec
