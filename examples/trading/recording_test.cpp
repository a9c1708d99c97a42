#include "recording.h"

#include <gtest/gtest.h>
#include <sstream>

#include "generated_recording.h"

namespace trading {
namespace {

constexpr std::string_view match = R"({"type":"match","side":"buy","size":"1","price":"2",)"
                                   R"("product_id":"BTC-USD","time":"2025-08-22T20:11:30Z"})";

struct BadLine {
    std::uint64_t number;
    std::string reason;
};

struct Read {
    mycelium::Result<Recording> recording;
    std::shared_ptr<std::vector<BadLine>> bad;
};

Read read(std::string text) {
    auto bad = std::make_shared<std::vector<BadLine>>();
    return {Recording::from(std::make_unique<std::istringstream>(std::move(text)), "test",
                            [bad](std::uint64_t number, std::string_view reason) {
                                bad->push_back({number, std::string{reason}});
                            }),
            bad};
}

std::size_t count_pass(Recording& recording) {
    std::size_t count = 0;
    while (recording.next()) ++count;
    return count;
}

std::string lines(std::initializer_list<std::string_view> all) {
    std::string text;
    for (const std::string_view line : all) text.append(line).append("\n");
    return text;
}

TEST(Recording, a_bad_line_is_counted_named_and_skipped) {
    auto [recording, bad] =
        read(lines({match, "not json", "", match, R"({"type":"status"})", "{}", match}));
    ASSERT_TRUE(recording);
    EXPECT_EQ(count_pass(*recording), 3u);
    EXPECT_EQ(recording->bad_lines(), 2u);
    EXPECT_EQ(recording->other_messages(), 1u);
    ASSERT_EQ(bad->size(), 2u);
    EXPECT_EQ((*bad)[0].number, 2u);
    EXPECT_EQ((*bad)[1].number, 6u);
    EXPECT_EQ((*bad)[1].reason, "type is missing");
}

TEST(Recording, every_pass_has_the_same_trades_and_bad_lines_are_named_once) {
    auto [recording, bad] = read(lines({"x", match, match}));
    ASSERT_TRUE(recording);
    for (int pass = 0; pass < 3; ++pass) {
        EXPECT_EQ(count_pass(*recording), 2u);
        recording->rewind();
    }
    EXPECT_EQ(recording->bad_lines(), 1u);
    EXPECT_EQ(bad->size(), 1u);
}

TEST(Recording, the_last_line_needs_no_newline_and_a_carriage_return_does_not_matter) {
    auto [recording, bad] = read(std::string{match} + "\r\n\r\n" + std::string{match});
    ASSERT_TRUE(recording);
    EXPECT_EQ(count_pass(*recording), 2u);
    EXPECT_TRUE(bad->empty());
}

TEST(Recording, a_line_that_is_too_long_is_a_bad_one) {
    const std::string fits(Recording::line_bytes_max - match.size(), ' ');
    const std::string too_long(Recording::line_bytes_max + 1, ' ');
    auto [recording, bad] = read(lines({std::string{match} + fits, too_long, match}) + too_long);
    ASSERT_TRUE(recording);
    EXPECT_EQ(count_pass(*recording), 2u);
    ASSERT_EQ(bad->size(), 2u);
    EXPECT_EQ((*bad)[0].number, 2u);
    EXPECT_EQ((*bad)[1].number, 4u);
}

TEST(Recording, the_first_bad_lines_are_named_and_all_are_counted) {
    std::string text = lines({match});
    for (int i = 0; i < 1000; ++i) text += "x\n";
    auto [recording, bad] = read(text + lines({match}));
    ASSERT_TRUE(recording);
    EXPECT_EQ(count_pass(*recording), 2u);
    EXPECT_EQ(recording->bad_lines(), 1000u);
    ASSERT_EQ(bad->size(), Recording::bad_lines_named_max);
    EXPECT_EQ(bad->back().number, 6u);
    EXPECT_EQ(recording->bad_lines_unnamed(), 995u);
}

TEST(Recording, a_file_of_another_sort_is_given_up_early_and_in_silence) {
    const auto after = [](std::uint64_t others) {
        std::string text;
        for (std::uint64_t i = 0; i < others; ++i) text += "x\n\n";
        return text + std::string{match};
    };
    auto [refused, refused_bad] = read(after(Recording::lines_without_trade_max));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("(line 1 is not JSON)"), std::string::npos);
    EXPECT_TRUE(refused_bad->empty());
    auto [read_on, bad] = read(after(Recording::lines_without_trade_max - 1));
    ASSERT_TRUE(read_on);
    EXPECT_EQ(bad->size(), Recording::bad_lines_named_max);
    EXPECT_EQ(read_on->bad_lines(), Recording::lines_without_trade_max - 1);
}

TEST(Recording, without_a_trade_it_is_refused) {
    for (const char* text : {"", "\n\n", "garbage\n", R"({"type":"status"})"}) {
        auto [recording, bad] = read(text);
        ASSERT_FALSE(recording) << text;
        EXPECT_NE(recording.error().message().find("test: there is no trade in it"),
                  std::string::npos);
    }
}

TEST(Recording, a_file_that_cannot_be_read_is_named) {
    const auto absent = Recording::open("/nowhere/at/all.ndjson");
    ASSERT_FALSE(absent);
    EXPECT_NE(absent.error().message().find("/nowhere/at/all.ndjson: No such file"),
              std::string::npos);
    const auto folder = Recording::open("/");
    ASSERT_FALSE(folder);
    EXPECT_NE(folder.error().message().find("is a directory"), std::string::npos);
}

TEST(GeneratedRecording, is_read_without_a_bad_line) {
    auto [recording, bad] = read(generated_recording(7));
    ASSERT_TRUE(recording);
    EXPECT_EQ(count_pass(*recording), generated_trades);
    EXPECT_EQ(recording->bad_lines() + recording->other_messages(), 0u);
}

TEST(GeneratedRecording, depends_on_its_seed_alone) {
    EXPECT_EQ(generated_recording(7), generated_recording(7));
    EXPECT_NE(generated_recording(7), generated_recording(8));
}

/// Gives the same byte for ever.
class Endless : public std::streambuf {
    int_type underflow() override {
        setg(bytes_.data(), bytes_.data(), bytes_.data() + bytes_.size());
        return traits_type::to_int_type(bytes_[0]);
    }
    std::vector<char> bytes_ = std::vector<char>(1 << 16);
};

TEST(Recording, a_stream_without_end_or_newline_is_refused) {
    struct Stream : std::istream {
        Stream() : std::istream(nullptr) { rdbuf(&endless); }
        Endless endless;
    };
    EXPECT_EQ(Recording::from(std::make_unique<Stream>(), "/dev/zero").error(),
              mycelium::Errc::invalid);
}

}  // namespace
}  // namespace trading
