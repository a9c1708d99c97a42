// Cyclone DDS by its C API: reliable topics over UDP on loopback.
#include <dds/dds.h>
#include <dds/version.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks/own/meeting.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"
#include "cyclonedds.h"

namespace mycelium::bench {
namespace {

constexpr dds_domainid_t domain_id = 77;
constexpr dds_duration_t patience = DDS_SECS(10);
constexpr std::size_t taken_max = 256;

std::int32_t checked(std::int32_t result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string{what} + ": " + dds_strretcode(result));
    return result;
}

/// When a message leaves: with its write, or when a packet is full or flushed.
enum class Leaving : std::uint8_t { at_once, gathered };

/// Only this machine, by unicast, and only those who know the tag; packets as large as UDP has
/// them, as Cyclone's own benchmark sets them.
std::string configuration(const std::string& tag, Leaving leaving) {
    return "<Domain><General><Interfaces><NetworkInterface name=\"lo\"/></Interfaces>"
           "<AllowMulticast>false</AllowMulticast><MaxMessageSize>65500B</MaxMessageSize>"
           "<FragmentSize>65000B</FragmentSize></General>"
           "<Discovery><Tag>" +
           tag +
           "</Tag><ParticipantIndex>auto</ParticipantIndex>"
           "<Peers><Peer address=\"127.0.0.1\"/></Peers></Discovery>"
           "<Internal><SocketReceiveBufferSize min=\"250kB\"/><WriteBatch>" +
           (leaving == Leaving::gathered ? "true" : "false") + "</WriteBatch></Internal></Domain>";
}

/// What one process has of it. All that is made of it goes with it.
class Participant {
public:
    Participant(const std::string& tag, Leaving leaving)
        : domain_(checked(dds_create_domain(domain_id, configuration(tag, leaving).c_str()),
                          "dds_create_domain")),
          participant_(checked(dds_create_participant(domain_id, nullptr, nullptr),
                               "dds_create_participant")),
          qos_(dds_create_qos()) {
        dds_qset_reliability(qos_, DDS_RELIABILITY_RELIABLE, patience);
        dds_qset_history(qos_, DDS_HISTORY_KEEP_ALL, 0);
    }
    ~Participant() {
        dds_delete_qos(qos_);
        dds_delete(domain_);
    }
    Participant(const Participant&) = delete;
    Participant& operator=(const Participant&) = delete;

    dds_entity_t writer(const char* topic) const {
        return checked(dds_create_writer(participant_, topic_of(topic), qos_, nullptr),
                       "dds_create_writer");
    }
    dds_entity_t reader(const char* topic) const {
        return checked(dds_create_reader(participant_, topic_of(topic), qos_, nullptr),
                       "dds_create_reader");
    }
    dds_entity_t waitset() const {
        return checked(dds_create_waitset(participant_), "dds_create_waitset");
    }

private:
    dds_entity_t topic_of(const char* name) const {
        return checked(dds_create_topic(participant_, &rivals_Message_desc, name, nullptr, nullptr),
                       "dds_create_topic");
    }
    dds_entity_t domain_;
    dds_entity_t participant_;
    dds_qos_t* qos_;
};

/// Until `is_matched` says so.
template <class Claim>
void await_match(Claim&& is_matched) {
    for (const dds_time_t deadline = dds_time() + patience; !is_matched();
         dds_sleepfor(DDS_MSECS(1)))
        if (dds_time() > deadline) throw std::runtime_error("nobody is found");
}

class Writing {
public:
    Writing(const Participant& participant, const char* topic, std::size_t bytes)
        : writer_(participant.writer(topic)), out_(bytes, std::byte{'x'}) {
        message_.bytes._buffer = reinterpret_cast<std::uint8_t*>(out_.data());
        message_.bytes._length = message_.bytes._maximum = static_cast<std::uint32_t>(bytes);
    }
    void wait_for(std::size_t readers) {
        await_match([&] {
            dds_publication_matched_status_t status;
            checked(dds_get_publication_matched_status(writer_, &status), "status");
            return status.current_count >= readers;
        });
    }
    void send(std::uint64_t number) {
        stamp(out_, number);
        checked(dds_write(writer_, &message_), "dds_write");
    }
    void flush() { dds_write_flush(writer_); }

private:
    dds_entity_t writer_;
    std::vector<std::byte> out_;
    rivals_Message message_{};
};

/// Takes what has come in one go, lent by the reader's cache.
class Reading {
public:
    Reading(const Participant& participant, const char* topic, std::size_t bytes)
        : reader_(participant.reader(topic)), waitset_(participant.waitset()), bytes_(bytes) {
        const dds_entity_t condition =
            checked(dds_create_readcondition(reader_, DDS_ANY_STATE), "dds_create_readcondition");
        checked(dds_waitset_attach(waitset_, condition, 0), "dds_waitset_attach");
    }
    void join() {
        await_match([&] {
            dds_subscription_matched_status_t status;
            checked(dds_get_subscription_matched_status(reader_, &status), "status");
            return status.current_count >= 1;
        });
    }
    Arrival receive() {
        while (next_ == count_) take();
        const std::size_t index = next_++;
        if (!infos_[index].valid_data) return {0, Arrival::Kind::wrong, false};
        const auto& bytes = static_cast<const rivals_Message*>(samples_[index])->bytes;
        if (bytes._length != bytes_) return {0, Arrival::Kind::wrong, false};
        return read_stamp({reinterpret_cast<const std::byte*>(bytes._buffer), bytes_});
    }

private:
    void take() {
        give_back();
        dds_attach_t triggered;
        for (;;) {
            count_ = static_cast<std::size_t>(
                checked(dds_take(reader_, samples_.data(), infos_.data(), taken_max, taken_max),
                        "dds_take"));
            if (count_ != 0) return;
            checked(dds_waitset_wait(waitset_, &triggered, 1, DDS_INFINITY), "dds_waitset_wait");
        }
    }
    void give_back() {
        if (count_ == 0) return;
        dds_return_loan(reader_, samples_.data(), static_cast<std::int32_t>(count_));
        samples_[0] = nullptr;  // the reader lends what it takes next as well
        count_ = next_ = 0;
    }

    dds_entity_t reader_;
    dds_entity_t waitset_;
    std::size_t bytes_;
    std::array<void*, taken_max> samples_{};
    std::array<dds_sample_info_t, taken_max> infos_;
    std::size_t count_ = 0;
    std::size_t next_ = 0;
};

class Publishing {
public:
    Publishing(const std::string& tag, const Plan& plan)
        : participant_(tag, Leaving::gathered), writing_(participant_, "there", plan.bytes) {}
    void wait_for(std::size_t readers) { writing_.wait_for(readers); }
    void send(std::uint64_t number) { writing_.send(number); }
    void flush() { writing_.flush(); }

private:
    Participant participant_;
    Writing writing_;
};

class Subscription {
public:
    Subscription(const std::string& tag, const Plan& plan)
        : participant_(tag, Leaving::gathered), reading_(participant_, "there", plan.bytes) {}
    void join() { reading_.join(); }
    Arrival receive() { return reading_.receive(); }

private:
    Participant participant_;
    Reading reading_;
};

class Conversation {
public:
    Conversation(const std::string& tag, const char* out, const char* in, const Plan& plan)
        : participant_(tag, Leaving::at_once),
          reading_(participant_, in, plan.bytes),
          writing_(participant_, out, plan.bytes) {}
    void join() {
        reading_.join();
        writing_.wait_for(1);
    }
    void send(std::uint64_t number) { writing_.send(number); }
    void flush() noexcept {}
    Arrival receive() { return reading_.receive(); }

private:
    Participant participant_;
    Reading reading_;
    Writing writing_;
};

Measurement round_trip(const Plan& plan) {
    const TemporaryDirectory tag;
    const auto make = [&](const char* out, const char* in) {
        return Conversation(tag.path(), out, in, plan);
    };
    return round_trip_of(
        plan, {}, [&] { return make("there", "back"); }, [&] { return make("back", "there"); });
}

Measurement stream_to(std::size_t receivers, const Plan& plan) {
    const TemporaryDirectory tag;
    return stream_of(
        plan, {}, First::sender, receivers, [&] { return Publishing(tag.path(), plan); },
        [&](std::size_t) { return Subscription(tag.path(), plan); });
}

Measurement stream(const Plan& plan) { return stream_to(1, plan); }
Measurement fan_out(const Plan& plan) { return stream_to(receivers_max, plan); }

}  // namespace

Rival cyclonedds() {
    return {"cyclonedds",
            DDS_VERSION,
            "over UDP, not TCP; reliable, everything kept (KEEP_ALL), a waitset, messages taken "
            "as loans; only loopback, by unicast; MaxMessageSize 65500B, FragmentSize 65000B, "
            "receive buffers of at least 250 kB (Cyclone's quick-microbenchmark); streams with "
            "WriteBatch, so that packets are full",
            {{Job::round_trip, Way::tcp, round_trip},
             {Job::stream, Way::tcp, stream},
             {Job::fan_out, Way::tcp, fan_out}}};
}

}  // namespace mycelium::bench
