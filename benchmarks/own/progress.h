// Progress: which row is being measured, on a terminal.
#pragma once

#include <string_view>

namespace mycelium::bench {

/// One line of stderr, written over and over and cleared at the end; nothing where stderr is no
/// terminal.
class Progress {
public:
    Progress();
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(std::string_view text);

private:
    bool is_terminal_;
};

}  // namespace mycelium::bench
