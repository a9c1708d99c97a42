#include "benchmarks/own/pubsub.h"

#include <gtest/gtest.h>

#include "benchmarks/own/calls.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t sizes[] = {64, 1 << 10, 64 << 10, 1 << 20};

Plan brief(std::size_t bytes) { return {bytes, 0.01}; }

void expect_good(const Measurement& measured) {
    EXPECT_EQ(measured.error, "");
    EXPECT_EQ(measured.lost, 0u);
    EXPECT_EQ(measured.wrong, 0u);
    EXPECT_GT(measured.messages, 0u);
}

TEST(OwnRows, everything_arrives_whole_between_two_processes) {
    for (const char* scheme : {"shm", "unix"}) {
        for (std::size_t bytes : sizes) {
            SCOPED_TRACE(scheme + (" " + std::to_string(bytes)));
            expect_good(own_round_trip(scheme, brief(bytes)));
            expect_good(own_call(scheme, brief(bytes)));
            expect_good(own_stream(scheme, brief(bytes)));
        }
        expect_good(own_control_call(scheme, brief(64)));
    }
}

TEST(OwnRows, several_at_once_arrive_whole) {
    for (std::size_t bytes : {64u, 1024u})
        for (std::size_t at_once : {16u, 64u})
            expect_good(own_stream("shm", brief(bytes), at_once));
}

TEST(OwnRows, loans_are_read_where_they_were_written) {
    for (std::size_t bytes : sizes) {
        expect_good(own_loan_round_trip("shm", brief(bytes)));
        expect_good(own_loan_stream("shm", brief(bytes)));
    }
}

TEST(OwnRows, every_way_to_wait_sees_every_message) {
    for (Waiting waiting : {Waiting::adaptive, Waiting::spin, Waiting::sleep})
        expect_good(own_round_trip("shm", brief(64), waiting));
}

TEST(OwnRows, a_fan_out_loses_nothing) {
    for (const char* scheme : {"shm", "unix"})
        for (std::size_t bytes : {64u, 1024u})
            for (std::size_t at_once : {1u, 16u})
                expect_good(own_stream(scheme, brief(bytes), at_once, receivers_max));
}

TEST(OwnRows, a_transport_that_there_is_not_is_an_error_and_no_hang) {
    EXPECT_NE(own_round_trip("nowhere", brief(64)).error, "");
    EXPECT_NE(own_stream("nowhere", brief(64), 1, receivers_max).error, "");
    EXPECT_NE(own_loan_stream("nowhere", brief(1 << 20)).error, "");
}

}  // namespace
}  // namespace mycelium::bench
