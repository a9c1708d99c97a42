// Terminal: the screen and the keys of whoever sits there.
#pragma once

#include <cstddef>
#include <optional>

#include <mycelium/result.h>

namespace mycelium::os {

struct ScreenSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

/// Of the terminal behind standard output as it is now; 80 by 24 where that is not known.
ScreenSize screen_size() noexcept;

/// Keys of standard input as they are pressed, unechoed. Ctrl-C still interrupts; Ctrl-Z does
/// nothing, because a stopped program could not give the screen back. The destructor restores what
/// was. At most one at a time.
class Keys {
public:
    /// Errors: unsupported (standard input is no terminal, or this process is in the background).
    static Result<Keys> create();
    Keys(Keys&& other) noexcept;
    Keys& operator=(Keys&&) = delete;
    ~Keys();

    int fd() const noexcept;
    /// The next key that was pressed; none: there is none now. For good none after an end.
    std::optional<char> next() noexcept;
    bool has_ended() const noexcept { return has_ended_; }

private:
    Keys() = default;
    bool is_owner_ = true;
    bool has_ended_ = false;
};

}  // namespace mycelium::os
