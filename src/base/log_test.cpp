#include "base/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace mycelium::base {
namespace {

using std::chrono::seconds;

struct Lines {
    std::vector<std::string> lines;
    Log::Sink sink() {
        return [this](std::string_view line) { lines.emplace_back(line); };
    }
};

TEST(Log, a_repeated_line_is_written_once_and_then_with_its_count) {
    Lines lines;
    Log log{lines.sink()};
    const Instant start{seconds{100}};
    log.warn(start, "peer refused");
    log.warn(start + seconds{1}, "peer refused");
    log.warn(start + seconds{2}, "peer refused");
    log.warn(start + seconds{3}, "another");
    log.warn(start + seconds{11}, "peer refused");
    EXPECT_EQ(lines.lines,
              (std::vector<std::string>{"peer refused", "another",
                                        "peer refused (2 more like this were left out)"}));
}

TEST(Log, control_characters_cannot_forge_a_line) {
    Lines lines;
    Log log{lines.sink()};
    log.warn(Instant{}, "name\nmycelium: warning: all is well\x1b[2J");
    ASSERT_EQ(lines.lines.size(), 1u);
    EXPECT_EQ(lines.lines[0], "name?mycelium: warning: all is well?[2J");
}

TEST(Log, a_long_line_is_cut) {
    Lines lines;
    Log log{lines.sink()};
    log.warn(Instant{}, std::string(Log::line_bytes_max + 1, 'x'));
    ASSERT_EQ(lines.lines.size(), 1u);
    EXPECT_EQ(lines.lines[0], std::string(Log::line_bytes_max, 'x') + "…");
}

TEST(Log, the_line_written_longest_ago_is_forgotten_first) {
    Lines lines;
    Log log{lines.sink()};
    for (std::size_t i = 0; i <= Log::lines_remembered_max; ++i)
        log.warn(Instant{std::chrono::milliseconds{i}}, std::to_string(i));
    lines.lines.clear();
    log.warn(Instant{seconds{1}}, "1");
    EXPECT_TRUE(lines.lines.empty()) << "still remembered";
    log.warn(Instant{seconds{1}}, "0");
    EXPECT_EQ(lines.lines.size(), 1u) << "forgotten, so written anew";
}

TEST(Log, a_sink_that_throws_harms_nobody) {
    Log log{[](std::string_view) { throw std::runtime_error{"disk full"}; }};
    log.warn(Instant{}, "lost");
    log.warn(Instant{seconds{60}}, "lost");
}

TEST(Log, a_sink_may_log) {
    int depth = 0;
    Log* self = nullptr;
    Log log{[&](std::string_view) {
        if (++depth < 3) self->warn(Instant{}, "from the sink " + std::to_string(depth));
    }};
    self = &log;
    log.warn(Instant{}, "first");
    EXPECT_EQ(depth, 3);
}

TEST(Log, without_a_sink_lines_go_to_stderr) {
    testing::internal::CaptureStderr();
    Log{}.warn(Instant{}, "no place like home");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "mycelium: warning: no place like home\n");
}

TEST(Log, many_threads_may_warn_at_once) {
    std::atomic<int> written{0};
    Log log{[&](std::string_view) { written.fetch_add(1); }};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&log, t] {
            for (int i = 0; i < 100; ++i) log.warn(Instant{}, "thread " + std::to_string(t));
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(written.load(), 4);
}

}  // namespace
}  // namespace mycelium::base
