#pragma once

#include <mycelium/mycelium.h>

struct Question {
    std::string zone;
};
MYCELIUM_FIELDS(Question, (1, zone));

struct Answer {
    std::int64_t seconds = 0;
    std::optional<std::string> remark;
};
MYCELIUM_FIELDS(Answer, (1, seconds), (2, remark));
