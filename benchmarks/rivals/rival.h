// Rival: another message system, what it can do here, and how it is set up.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/own/rows.h"
#include "benchmarks/own/suite.h"

namespace mycelium::bench {

/// What is asked of it.
enum class Job : std::uint8_t {
    round_trip,  ///< the bytes there and back; who waits sleeps, as a default user's program does
    loan_round_trip,    ///< memory that both sides see, there and back: nothing is copied
    stream,             ///< one sender, one receiver, nothing lost
    loan_stream,        ///< the same by reference
    fan_out,            ///< one sender, four receivers, each gets everything
    record_round_trip,  ///< a struct with named members there and back
    record_stream,      ///< the same, one way
};

/// What it goes through. The raw row and Mycelium's are of the same; Mycelium has no pipes, and
/// its rows there say what they go through instead.
enum class Way : std::uint8_t { shm, unix_socket, tcp, inproc, pipe };

/// In the rows; but for pipes also the scheme of Mycelium's URLs.
const char* name_of(Way way);

/// One thing that a rival does, at every size that the job has, or up to one.
struct Entry {
    Job job;
    Way way;
    Measure measure;
    std::string manner = {};  ///< distinguishes several of one rival: "get"
    std::size_t bytes_max = SIZE_MAX;
};

struct Rival {
    std::string name;  ///< in the rows
    std::string version;
    std::string how;  ///< its configuration and where that is recommended, in one line
    std::vector<Entry> entries;
};

/// Those that were installed when this was built.
std::vector<Rival> all_rivals();
/// Names of those that were not.
std::vector<std::string> rivals_left_out();

/// One group for each job, way and size that some rival does: the raw rows, Mycelium's, and theirs,
/// named "round-trip/unix/64B/zeromq".
std::vector<Group> contests(const std::vector<Rival>& rivals);

/// One for each file of this folder that is named like it.
Rival zeromq();
Rival nanomsg();
Rival nng();
Rival boost_queue();
Rival iceoryx();
Rival redis();
Rival nats();
Rival ndjson();
Rival cyclonedds();
Rival capnproto();
Rival grpc();

}  // namespace mycelium::bench
