// Engine: what a Relay is: its two ports, the thread that forwards, and the one that is asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <mycelium/relay.h>

#include "base/count.h"
#include "host/os/doorbell.h"
#include "host/os/thread.h"
#include "relay/arrivals.h"
#include "relay/consumers.h"
#include "relay/sources.h"

namespace mycelium::relay {

/// run() on one thread; everything else on any. Owns its ports and the thread that answers.
class Engine {
public:
    static Result<std::unique_ptr<Engine>> create(Node& node, const RelayOptions& options);
    ~Engine();

    Result<void> run();
    void stop() noexcept;
    RelayReport report();
    Result<void> manage(const RelayCommand& command);

    const std::vector<std::string>& in() const noexcept { return in_urls_; }
    const std::vector<std::string>& out() const noexcept { return out_urls_; }
    const std::vector<std::string>& control() const noexcept { return control_urls_; }

private:
    Engine(Node& node, const RelayOptions& options);
    Result<void> open();
    void keep_answering() noexcept;
    Result<void> answer();

    // The forwarding thread's.
    void forward(std::span<const Message> shown);
    void forward_one_by_one(std::size_t count, Source& source);
    Source& source_of_last();
    bool is_of_domain(const Message& message, Source& source);
    void add_origin(const Message& message, const Source& source, Message& to);
    bool wait_while_paused();

    // Managing.
    void note_events();
    Result<void> manage_all(const std::string& verb);
    Result<void> manage_one(const std::string& verb, const std::string& consumer);
    Result<void> drain_all();
    Result<void> drain_links(const std::vector<LinkInfo>& links);
    RelayConsumer row_of(const LinkInfo& link, std::uint64_t now_ns);
    Error no_such_consumer(const std::string& consumer);

    const std::string name_;
    const std::uint8_t domain_;
    Sources sources_;
    Consumers consumers_;
    Arrivals arrivals_;
    os::Doorbell bell_;  // of the forwarding thread while it is paused, and of drains
    std::atomic<bool> is_stopping_{false};
    std::atomic<bool> is_paused_{false};
    std::atomic<bool> is_draining_{false};
    std::atomic<bool> is_open_{false};  // both ports are there

    base::Count forwarded_;  // by the forwarding thread
    base::Count malformed_;
    base::Count misrouted_;
    std::shared_ptr<Source> source_;  // of the last batch
    std::uint64_t source_link_ = 0;
    bool is_link_good_ = false;  // it has brought a good message
    std::vector<Message> batch_;
    std::map<std::uint64_t, std::uint64_t> lost_;  // by origin: before it came here

    std::vector<std::string> in_urls_, out_urls_, control_urls_;
    std::mutex managing_;  // one command at a time
    std::mutex noting_;    // events in their order
    // Who asks to be linked is asked about on another thread while the port is being opened.
    std::atomic<SubscriberPort*> noted_{nullptr};
    // Ends before what it uses: the ports, then the thread that answers, then the rest.
    std::optional<SubscriberPort> in_;
    std::optional<PublisherPort> out_;
    std::optional<Replier<RelayCommand, RelayReport>> control_;
    os::Thread answering_;
};

}  // namespace mycelium::relay
