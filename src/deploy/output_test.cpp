#include "deploy/output.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <future>
#include <mutex>

#include "deploy/line_cutter.h"
#include "deploy/line_writer.h"
#include "host/os/clock.h"

namespace mycelium::deploy {
namespace {

std::vector<std::string> cut(LineCutter& cutter, std::string_view piece) {
    std::vector<std::string> lines;
    cutter.add(piece, [&](std::string_view line) { lines.emplace_back(line); });
    return lines;
}

TEST(LineCutter, lines_come_whole_however_they_were_cut) {
    LineCutter cutter;
    EXPECT_TRUE(cut(cutter, "hel").empty());
    EXPECT_EQ(cut(cutter, "lo\n\nwor"), (std::vector<std::string>{"hello", ""}));
    EXPECT_EQ(cut(cutter, "ld\n"), (std::vector<std::string>{"world"}));
    std::vector<std::string> rest;
    cut(cutter, "no newline");
    cutter.finish([&](std::string_view line) { rest.emplace_back(line); });
    cutter.finish([&](std::string_view line) { rest.emplace_back(line); });
    EXPECT_EQ(rest, (std::vector<std::string>{"no newline"}));
}

TEST(LineCutter, a_line_without_end_is_cut_and_goes_on) {
    LineCutter cutter;
    const std::string piece(3 * line_bytes_max + 5, 'x');
    const auto lines = cut(cutter, piece);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0].size(), line_bytes_max);
    EXPECT_EQ(cut(cutter, "\n"), (std::vector<std::string>{"xxxxx"}));
    EXPECT_EQ(cut(cutter, std::string(line_bytes_max, 'y') + "\n").size(), 1u);
}

/// What was written, and a gate that holds writing up.
struct Place {
    std::mutex mutex;
    std::string text;
    int error = 0;
    std::promise<void> gate;
    std::shared_future<void> open{gate.get_future().share()};
};

std::unique_ptr<LineWriter> writer_to(
    const std::shared_ptr<Place>& place, const LineWriter::OnRoom& on_room = [] {}) {
    return LineWriter::start(
               "test",
               [place](std::size_t number, std::string_view lines) {
                   place->open.wait();
                   const std::lock_guard lock{place->mutex};
                   place->text += std::to_string(number) + ":" + std::string{lines};
                   return place->error;
               },
               on_room)
        .value();
}

TEST(LineWriter, everything_is_written_in_order) {
    auto place = std::make_shared<Place>();
    auto writer = writer_to(place);
    writer->offer(0, "a\n");
    place->gate.set_value();
    EXPECT_TRUE(writer->finish(never));
    writer->offer(1, "b\n");
    EXPECT_TRUE(writer->finish(never));
    EXPECT_EQ(place->text, "0:a\n1:b\n");
    EXPECT_EQ(writer->take_loss().lines, 0u);
}

TEST(LineWriter, what_cannot_be_written_is_counted_with_its_reason) {
    auto place = std::make_shared<Place>();
    place->error = ENOSPC;
    place->gate.set_value();
    auto writer = writer_to(place);
    writer->offer(3, "a\n");
    writer->offer(3, "b\n");
    EXPECT_TRUE(writer->finish(never));
    const auto loss = writer->take_loss();
    EXPECT_EQ(loss.lines, 2u);
    EXPECT_EQ(loss.place, 3u);
    EXPECT_EQ(loss.error, ENOSPC);
    EXPECT_EQ(writer->take_loss().lines, 0u);
}

TEST(LineWriter, a_reader_that_takes_nothing_holds_nobody_up) {
    auto place = std::make_shared<Place>();
    std::promise<void> room;
    auto writer = writer_to(place, [&room] { room.set_value(); });
    const std::string line(1023, 'x');
    std::uint64_t offered = 0;
    while (!writer->is_full()) {
        writer->offer(0, line + "\n");
        ++offered;
    }
    EXPECT_GT(offered, LineWriter::bytes_max / 1024);
    for (int n = 0; n < 2000; ++n) writer->offer(0, line + "\n");
    EXPECT_GT(writer->take_loss().lines, 0u);
    EXPECT_FALSE(writer->finish(os::now()));
    place->gate.set_value();
    room.get_future().wait();
    EXPECT_TRUE(writer->finish(never));
    EXPECT_FALSE(writer->is_full());
}

TEST(LineWriter, one_that_is_stuck_does_not_hold_up_its_owner) {
    auto place = std::make_shared<Place>();
    {
        auto writer = writer_to(place);
        writer->offer(0, "a\n");
    }
    place->gate.set_value();  // it writes what it held, with nobody there
}

}  // namespace
}  // namespace mycelium::deploy
