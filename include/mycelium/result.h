// Errors as values. An Error says what the caller can do (its code), what happened and the remedy
// (its text).
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace mycelium {

/// Sorted by what the caller can do about it.
enum class Errc : std::uint8_t {
    invalid,      ///< the call is wrong: fix the program or the command line
    unavailable,  ///< nobody received it: safe to try again
    timeout,      ///< the deadline passed; the peer may or may not have acted
    overloaded,   ///< a named limit was reached: back off
    closed,       ///< this object has ended: the node stopped, or the process is a forked child
    lost,         ///< the peer died after it may have received it: not safe to repeat blindly
    denied,       ///< not allowed: another user, or no permission
    malformed,    ///< the bytes break the protocol or the format
    mismatch,     ///< the two ends disagree on type, pattern or version
    unsupported,  ///< this type, transport, kernel or build cannot
    failed,       ///< the other side did its work and answered with an error of its own
    internal,     ///< our bug
};

/// The code's name as it is written in logs and on the wire: "unavailable", "mismatch", ….
std::string_view name_of(Errc code) noexcept;
/// The inverse; `internal` for a name that is not one.
Errc errc_named(std::string_view name) noexcept;

/// One failure. A value: copies, moves, compares by code.
class Error {
public:
    Error(Errc code, std::string message, std::int64_t detail = 0)
        : code_(code), detail_(detail), message_(std::move(message)) {}

    Errc code() const noexcept { return code_; }
    /// errno of the failed system call, or the number in a replier's error answer; 0: none.
    std::int64_t detail() const noexcept { return detail_; }
    const std::string& message() const noexcept { return message_; }
    /// Encoded extra data of a replier's error answer (MessagePack); empty: none.
    const std::string& data() const noexcept { return data_; }
    Error&& with_data(std::string data) && {
        data_ = std::move(data);
        return std::move(*this);
    }
    /// Puts `where` before the message: "binding unix:///run/a.sock: address in use …".
    Error&& context(std::string_view where) && {
        message_.insert(0, ": ").insert(0, where);
        return std::move(*this);
    }
    /// "denied: binding …".
    std::string to_string() const { return std::string{name_of(code_)} + ": " + message_; }

    friend bool operator==(const Error& error, Errc code) noexcept { return error.code_ == code; }

private:
    Errc code_;
    std::int64_t detail_;
    std::string message_;
    std::string data_;
};

/// What `Result::value()` throws; nothing else in the library throws.
class BadResult : public std::runtime_error {
public:
    explicit BadResult(const Error& error) : std::runtime_error(error.to_string()), error_(error) {}
    const Error& error() const noexcept { return error_; }

private:
    Error error_;
};

/// A T or the Error that stands in its place.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    /// A T of its default constructor, made where it stays.
    explicit Result(std::in_place_t) : state_(std::in_place_index<0>) {}
    template <class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
        : state_(std::in_place_index<0>, std::forward<U>(value)) {}

    explicit operator bool() const noexcept { return state_.index() == 0; }
    bool ok() const noexcept { return state_.index() == 0; }

    T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T* operator->() noexcept { return std::get_if<0>(&state_); }
    const T* operator->() const noexcept { return std::get_if<0>(&state_); }

    /// The value, or a thrown BadResult.
    T& value() & { return check(), **this; }
    const T& value() const& { return check(), **this; }
    T value() && { return check(), std::move(*std::get_if<0>(&state_)); }

    const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
    Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

private:
    void check() const {
        if (!ok()) throw BadResult(error());
    }
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() noexcept {}  // not `= default`: `return {}` would first zero what an Error takes
    Result(Error error) : error_(std::move(error)) {}

    explicit operator bool() const noexcept { return !error_; }
    bool ok() const noexcept { return !error_; }
    void value() const {
        if (error_) throw BadResult(*error_);
    }
    const Error& error() const& noexcept { return *error_; }
    Error&& error() && noexcept { return std::move(*error_); }

private:
    std::optional<Error> error_;
};

}  // namespace mycelium

#define MYCELIUM_JOIN_(a, b) a##b
#define MYCELIUM_JOIN(a, b) MYCELIUM_JOIN_(a, b)

/// Returns the error of `expression` from the enclosing function, if it is one.
#define MYCELIUM_TRY(expression)                                   \
    do {                                                           \
        if (auto mycelium_result = (expression); !mycelium_result) \
            return std::move(mycelium_result).error();             \
    } while (false)

/// Declares `variable` from the value of `expression`, or returns its error.
#define MYCELIUM_TRY_ASSIGN(variable, expression)                            \
    auto MYCELIUM_JOIN(mycelium_result_, __LINE__) = (expression);           \
    if (!MYCELIUM_JOIN(mycelium_result_, __LINE__))                          \
        return std::move(MYCELIUM_JOIN(mycelium_result_, __LINE__)).error(); \
    variable = *std::move(MYCELIUM_JOIN(mycelium_result_, __LINE__))
