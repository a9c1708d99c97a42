// iceoryx: untyped publishers and subscribers, a WaitSet to sleep in, RouDi between them.
#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/popo/wait_set.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>
#include <iceoryx_versions.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <pwd.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "benchmarks/own/meeting.h"
#include "benchmarks/raw/block_pool.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"

namespace mycelium::bench {
namespace {

constexpr std::size_t queue_messages_max = 256;  // what iceoryx allows
constexpr std::uint64_t join_ns_max = 10'000'000'000;

/// Large ones wait in small number, as Mycelium's do.
std::size_t queue_messages_of(const Plan& plan) {
    return plan.bytes >= large_bytes ? large_blocks_of(plan.bytes) / 2 : queue_messages_max;
}

/// Where iceoryx keeps the sockets and locks of its processes, and how those of the sides that this
/// process forks are named.
constexpr const char* runtimes_directory = "/tmp";
std::string runtime_prefix(pid_t parent) { return "mycelium-rivals-" + std::to_string(parent); }

/// RouDi, with one pool, of messages of this size.
class Router {
public:
    explicit Router(const Plan& plan) {
        daemon_.emplace(program_of({"iox-roudi"}),
                        std::vector<std::string>{"iox-roudi", "--config-file", written(plan),
                                                 "--monitoring-mode", "off"},
                        [](const Daemon& daemon) {
                            return daemon.output().find("RouDi is ready") != std::string::npos;
                        });
    }
    /// RouDi cleans up if both sides came to their end; what it leaves otherwise is removed here.
    ~Router() {
        daemon_.reset();
        ::shm_unlink("/iceoryx_mgmt");
        if (const passwd* user = ::getpwuid(::geteuid()))
            ::shm_unlink(("/" + std::string{user->pw_name}).c_str());
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(runtimes_directory, error))
            if (entry.path().filename().string().starts_with(runtime_prefix(::getpid())))
                std::filesystem::remove(entry.path(), error);
    }
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;
    const Daemon& daemon() const noexcept { return *daemon_; }

private:
    std::string written(const Plan& plan) const {
        const std::size_t count = (queue_messages_of(plan) + 8) * 2;
        std::string path = directory_.path() + "/roudi.toml";
        std::ofstream(path)
            << "[general]\nversion = 1\n\n[[segment]]\n\n[[segment.mempool]]\nsize = " << plan.bytes
            << "\ncount = " << count << "\n";
        return path;
    }
    TemporaryDirectory directory_;
    std::optional<Daemon> daemon_;
};

iox::capro::ServiceDescription service(const char* instance) {
    return {"mycelium-rivals", {iox::cxx::TruncateToCapacity, instance}, "messages"};
}

/// Registers this process with RouDi.
void register_process() {
    const std::string name = runtime_prefix(::getppid()) + "-" + std::to_string(::getpid());
    iox::log::LogManager::GetLogManager().SetDefaultLogLevel(
        iox::log::LogLevel::kOff, iox::log::LogLevelOutput::kHideLogLevel);
    iox::runtime::PoshRuntime::initRuntime({iox::cxx::TruncateToCapacity, name.c_str()});
}

/// RouDi dies of a process that it cannot find when it ends. The runtime says farewell where static
/// objects are destroyed, which the end of a measurement's side would skip.
void unregister_process() { std::exit(0); }

enum class Content : std::uint8_t {
    copied,    ///< from a buffer into the loan
    in_place,  ///< only the two stamps are written
};

class Publishing {
public:
    Publishing(const char* instance, const Plan& plan, Content content)
        : publisher_(service(instance), options()),
          content_(content),
          out_(plan.bytes, std::byte{'x'}) {}
    void send(std::uint64_t number) {
        auto loan = publisher_.loan(static_cast<std::uint32_t>(out_.size()));
        for (; loan.has_error(); loan = publisher_.loan(static_cast<std::uint32_t>(out_.size())))
            ::sched_yield();
        auto* bytes = static_cast<std::byte*>(loan.value());
        if (content_ == Content::copied) std::memcpy(bytes, out_.data(), out_.size());
        stamp({bytes, out_.size()}, number);
        publisher_.publish(bytes);
    }
    void flush() noexcept {}

private:
    static iox::popo::PublisherOptions options() {
        iox::popo::PublisherOptions options;
        options.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
        return options;
    }
    iox::popo::UntypedPublisher publisher_;
    Content content_;
    std::vector<std::byte> out_;
};

class Subscription {
public:
    Subscription(const char* instance, const Plan& plan)
        : subscriber_(service(instance), options(plan)), bytes_(plan.bytes) {
        if (waits_.attachState(subscriber_, iox::popo::SubscriberState::HAS_DATA).has_error())
            throw std::runtime_error("the WaitSet takes no subscriber");
    }
    void join() {
        const timespec pause{0, 1'000'000};
        for (const std::uint64_t deadline = now_ns() + join_ns_max;
             subscriber_.getSubscriptionState() != iox::SubscribeState::SUBSCRIBED;
             ::nanosleep(&pause, nullptr))
            if (now_ns() > deadline) throw std::runtime_error("RouDi connects nobody");
    }
    Arrival receive() {
        for (;;) {
            auto taken = subscriber_.take();
            if (taken.has_error()) {
                if (taken.get_error() != iox::popo::ChunkReceiveResult::NO_CHUNK_AVAILABLE)
                    throw std::runtime_error("take");
                waits_.wait();
                continue;
            }
            const void* payload = taken.value();
            const auto size = iox::mepoo::ChunkHeader::fromUserPayload(payload)->userPayloadSize();
            Arrival arrival{0, Arrival::Kind::wrong, false};
            if (size == bytes_)
                arrival = read_stamp({static_cast<const std::byte*>(payload), bytes_});
            subscriber_.release(payload);
            return arrival;
        }
    }

private:
    static iox::popo::SubscriberOptions options(const Plan& plan) {
        iox::popo::SubscriberOptions options;
        options.queueCapacity = queue_messages_of(plan);
        options.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
        return options;
    }
    iox::popo::UntypedSubscriber subscriber_;
    iox::popo::WaitSet<1> waits_;
    std::size_t bytes_;
};

class Conversation {
public:
    Conversation(const char* out, const char* in, const Plan& plan, Content content)
        : publishing_(out, plan, content), subscription_(in, plan) {}
    void join() { subscription_.join(); }
    void send(std::uint64_t number) { publishing_.send(number); }
    void flush() noexcept {}
    Arrival receive() { return subscription_.receive(); }

private:
    Publishing publishing_;
    Subscription subscription_;
};

Measure round_trip(Content content) {
    return [content](const Plan& plan) {
        const Router router(plan);
        const Scene scene{Company::processes, &router.daemon(), unregister_process};
        const auto make = [&](const char* out, const char* in) {
            register_process();
            return Conversation(out, in, plan, content);
        };
        return round_trip_of(
            plan, scene, [&] { return make("there", "back"); },
            [&] { return make("back", "there"); });
    };
}

Measure stream_to(std::size_t receivers, Content content) {
    return [receivers, content](const Plan& plan) {
        const Router router(plan);
        const Scene scene{Company::processes, &router.daemon(), unregister_process};
        return stream_of(
            plan, scene, First::sender, receivers,
            [&] {
                register_process();
                return Publishing("there", plan, content);
            },
            [&](std::size_t) {
                register_process();
                return Subscription("there", plan);
            });
    };
}

}  // namespace

Rival iceoryx() {
    return {
        "iceoryx",
        ICEORYX_LATEST_RELEASE_VERSION,
        "RouDi with one pool of the messages' size and without monitoring; a WaitSet to sleep in; "
        "nothing is lost: WAIT_FOR_CONSUMER and BLOCK_PRODUCER (iceoryx, Quality of Service); "
        "loan: "
        "only the stamps are written, else the message is copied in",
        {{Job::round_trip, Way::shm, round_trip(Content::copied)},
         {Job::loan_round_trip, Way::shm, round_trip(Content::in_place)},
         {Job::stream, Way::shm, stream_to(1, Content::copied)},
         {Job::loan_stream, Way::shm, stream_to(1, Content::in_place)},
         {Job::fan_out, Way::shm, stream_to(receivers_max, Content::copied)}}};
}

}  // namespace mycelium::bench
