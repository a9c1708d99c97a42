#include "core/codec/json_scan.h"

namespace mycelium::codec {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Recursion is bounded by `depth_max`. Every function returns false once a fault is found.
class Scan {
public:
    Scan(std::string_view text, std::size_t depth_max) noexcept
        : text_(text), depth_max_(depth_max) {}

    JsonFault whole() noexcept {
        if (value(0)) {
            skip_space();
            if (at_ < text_.size()) fault("text after the end of the value");
        }
        return fault_;
    }

private:
    char now() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool fault(std::string_view reason) noexcept {
        if (fault_.reason.empty())
            fault_ = {at_, at_ < text_.size() ? reason : "the text ends too early"};
        return false;
    }
    void skip_space() noexcept {
        while (now() == ' ' || now() == '\t' || now() == '\n' || now() == '\r') ++at_;
    }
    bool eat(char c, std::string_view reason) noexcept {
        if (now() != c) return fault(reason);
        ++at_;
        return true;
    }
    bool word(std::string_view expected) noexcept {
        for (const char c : expected)
            if (!eat(c, "a value is expected")) return false;
        return true;
    }
    bool value(std::size_t depth) noexcept {
        skip_space();
        switch (now()) {
            case '{':
                return depth < depth_max_ ? object(depth + 1) : fault("nested too deep");
            case '[':
                return depth < depth_max_ ? array(depth + 1) : fault("nested too deep");
            case '"':
                return string();
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return now() == '-' || is_digit(now()) ? number() : fault("a value is expected");
        }
    }
    bool object(std::size_t depth) noexcept {
        ++at_;
        skip_space();
        if (now() == '}') return eat('}', {});
        for (;;) {
            skip_space();
            if (now() != '"') return fault("a name in quotes is expected");
            if (!string()) return false;
            skip_space();
            if (!eat(':', "':' is expected") || !value(depth)) return false;
            skip_space();
            if (now() != ',') return eat('}', "',' or '}' is expected");
            ++at_;
        }
    }
    bool array(std::size_t depth) noexcept {
        ++at_;
        skip_space();
        if (now() == ']') return eat(']', {});
        for (;;) {
            if (!value(depth)) return false;
            skip_space();
            if (now() != ',') return eat(']', "',' or ']' is expected");
            ++at_;
        }
    }
    bool string() noexcept {
        ++at_;
        while (now() != '"') {
            if (static_cast<unsigned char>(now()) < 0x20)
                return fault("a control character in a string");
            if (now() == '\\' && !escape()) return false;
            ++at_;
        }
        ++at_;
        return true;
    }
    // Leaves its last character to be passed over.
    bool escape() noexcept {
        ++at_;
        if (now() == 'u') {
            for (int i = 0; i < 4; ++i) {
                ++at_;
                if (!is_hex(now())) return fault("four hexadecimal digits are expected");
            }
            return true;
        }
        constexpr std::string_view simple = "\"\\/bfnrt";
        return (now() != '\0' && simple.find(now()) != std::string_view::npos) ||
               fault("no such escape");
    }
    bool digits() noexcept {
        if (!is_digit(now())) return fault("a digit is expected");
        while (is_digit(now())) ++at_;
        return true;
    }
    bool number() noexcept {
        if (now() == '-') ++at_;
        if (now() == '0') {
            ++at_;
            if (is_digit(now())) return fault("a number begins with a spare zero");
        } else if (!digits()) {
            return false;
        }
        if (now() == '.') {
            ++at_;
            if (!digits()) return false;
        }
        if (now() != 'e' && now() != 'E') return true;
        ++at_;
        if (now() == '+' || now() == '-') ++at_;
        return digits();
    }

    std::string_view text_;
    std::size_t depth_max_;
    std::size_t at_ = 0;
    JsonFault fault_;
};

}  // namespace

JsonFault find_json_fault(std::string_view text, std::size_t depth_max) noexcept {
    return Scan{text, depth_max}.whole();
}

}  // namespace mycelium::codec
