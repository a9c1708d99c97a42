#include "parts.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <optional>
#include <sstream>

#include "attacked.h"
#include "lending_parts.h"
#include "liar.h"
#include "nursery.h"
#include "relay_parts.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

int failed(Channel& channel, const std::string& what) {
    channel.say(what);
    return 1;
}

std::size_t address_space_bytes() {
    std::ifstream in{"/proc/self/statm"};
    std::size_t pages = 0;
    in >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Publishes; then, with its address space limited to what it has, finds a large loan refused and a
/// small one not.
int starved(const Part& part, Channel& channel) {
    Node home{quiet("starved")};
    auto publisher = home.publisher<Bytes>(part.text("url")).value();
    channel.say("ready");
    publisher.wait_for(1, patience).value();
    channel.say("linked");
    if (channel.hear(patience) != "starve") return 1;
    {
        const LimitLowered lowered{RLIMIT_AS, address_space_bytes() + 4 * MiB};
        const auto loan = publisher.loan(10 * MiB);
        channel.say(loan.ok() ? "loan granted"
                              : "loan " + std::string{name_of(loan.error().code())});
        const Outcome small = publisher.publish(Bytes::copy_of("small"));
        channel.say(small.ok() ? "small ok" : small.error().to_string());
    }
    if (auto drained = publisher.drain(patience); !drained)
        return failed(channel, drained.error().to_string());
    channel.say("receive survived");
    while (channel.hear(std::chrono::hours{1})) {
    }
    return 0;
}

/// Enters a control group, publishes there, and lends itself all that there is room for.
int crowded(const Part& part, Channel& channel) {
    if (std::ofstream group{part.text("group") + "/cgroup.procs"}; !(group << 0 << std::flush))
        return failed(channel, "cannot enter the group");
    Node home{quiet("crowded")};
    auto publisher =
        home.publisher<Bytes>(part.text("url"), {.message_bytes_max = 256 * MiB}).value();
    channel.say("ready");
    std::vector<Loan<Bytes>> loans;
    while (auto line = channel.hear(std::chrono::hours{1})) {
        if (*line == "let go") {
            loans.clear();
            channel.say(publisher.loan(1 * MiB).ok() ? "loan granted" : "loan refused");
        } else if (*line == "publish") {
            const Outcome outcome = publisher.publish(stamped(1, 100));
            channel.say(outcome.ok() ? "published" : outcome.error().to_string());
        } else {
            const auto size = static_cast<std::size_t>(std::stoull(*line));
            auto loan = publisher.loan(size);
            while (loan.ok()) {
                loans.push_back(*std::move(loan));
                loan = publisher.loan(size);
            }
            channel.say(std::to_string(loans.size()) + " loans, then " +
                        std::string{name_of(loan.error().code())});
        }
    }
    return 0;
}

/// Becomes another user and tries to be linked; says "linked" or why not.
int stranger(const Part& part, Channel& channel) {
    const auto uid = static_cast<uid_t>(part.number("uid", 65534));
    if (::setresuid(uid, uid, uid) != 0) return failed(channel, "cannot change the user");
    Node home{quiet("stranger")};
    SubscriberOptions options;
    options.role = part.text("role") == "bind" ? Role::bind : Role::usual;
    auto subscriber = home.subscriber<Tick>(part.text("url"), options);
    if (!subscriber) return failed(channel, subscriber.error().to_string());
    if (options.role == Role::bind) channel.say("bound");
    std::optional<Event> event;
    (void)eventually([&] { return (event = subscriber->try_event()).has_value(); });
    if (!event)
        channel.say("nothing happened");
    else
        channel.say(event->kind == Event::Kind::connected ? "linked" : event->reason);
    while (channel.hear(std::chrono::hours{1})) {
    }
    return 0;
}

/// As another user, takes the name at which the ends of a shm:// URL of `owner` meet.
int squatter(const Part& part, Channel& channel) {
    const auto uid = static_cast<uid_t>(part.number("uid", 65534));
    if (::setresuid(uid, uid, uid) != 0) return failed(channel, "cannot change the user");
    const std::string name =
        "mycelium/" + part.text("owner") + "/" + Url::parse(part.text("url")).value().place;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path + 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 100) != 0)
        return failed(channel, "cannot bind");
    channel.say("squatting");
    while (channel.hear(std::chrono::hours{1})) {
    }
    ::close(fd);
    return 0;
}

bool says_forked(const Error& error) {
    return error == Errc::closed && error.message().find("forked") != std::string::npos;
}

/// What a forked child does with what it inherited; its exit code says which of it went wrong.
int use_inherited(std::optional<Node>& home, std::optional<Publisher<Tick>>& publisher,
                  std::optional<Replier<Tick, Tick>>& replier,
                  std::optional<Requester<Tick, Tick>>& requester) {
    const Outcome outcome = publisher->publish(tick(1));
    if (outcome.ok() || !says_forked(outcome.error())) return 10;
    if (auto received = replier->receive_for(patience);
        received.ok() || !says_forked(received.error()))
        return 11;
    if (auto answer = requester->call(tick(1), patience);
        answer.ok() || !says_forked(answer.error()))
        return 12;
    if (auto begun = requester->begin_call(tick(1), patience); begun.ok()) return 13;
    if (auto waited = publisher->wait_for(5, patience); waited.ok() || !says_forked(waited.error()))
        return 14;
    if (auto made = home->publisher<Tick>("inproc://child");
        made.ok() || !says_forked(made.error()))
        return 15;
    (void)publisher->drain(patience);
    (void)publisher->counters();
    publisher->flush();
    requester.reset();
    replier.reset();
    publisher.reset();
    home.reset();
    return 0;
}

/// What a forked child does with a sample that its parent holds, and with the port it came from.
int use_inherited_sample(std::optional<Node>& home, std::optional<Subscriber<Bytes>>& subscriber,
                         std::vector<Sample<Bytes>>& held) {
    for (const auto& sample : held)
        if (!stamped_number(sample->span())) return 20;
    held.erase(held.begin());
    if (auto received = subscriber->receive_for(patience);
        received.ok() || !says_forked(received.error()))
        return 21;
    (void)subscriber->counters();
    held.erase(held.begin());
    subscriber.reset();
    home.reset();
    held.clear();
    return 0;
}

/// Subscribes, holds samples, forks; the child lets go of them, and the parent still has them.
int forking_reader(const Part& part, Channel& channel) {
    std::optional<Node> home{quiet("forking reader")};
    std::optional subscriber{home->subscriber<Bytes>(part.text("url")).value()};
    channel.say("ready");
    std::vector<Sample<Bytes>> held;
    while (auto line = channel.hear(std::chrono::hours{1})) {
        while (held.size() < 4) held.push_back(subscriber->receive_for(patience).value());
        const pid_t child = ::fork();
        if (child == 0) ::_exit(use_inherited_sample(home, subscriber, held));
        int status = -1;
        ::waitpid(child, &status, 0);
        for (const auto& sample : held)
            if (!stamped_number(sample->span())) return failed(channel, "the parent's is torn");
        held.erase(held.begin());
        channel.say("child " +
                    std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)));
    }
    return 0;
}

int forking(const Part& part, Channel& channel) {
    std::optional<Node> home{quiet("forking")};
    std::optional publisher{home->publisher<Tick>(part.text("url")).value()};
    std::optional replier{home->replier<Tick, Tick>(part.text("url")).value()};
    std::optional requester{home->requester<Tick, Tick>(part.text("absent")).value()};
    channel.say("ready");
    while (auto line = channel.hear(std::chrono::hours{1})) {
        if (line->rfind("publish ", 0) == 0) {
            publisher->wait_for(1, patience).value();
            publisher->publish(tick(std::stoull(line->substr(8)))).value();
        } else if (*line == "fork") {
            const pid_t child = ::fork();
            if (child == 0) ::_exit(use_inherited(home, publisher, replier, requester));
            int status = -1;
            ::waitpid(child, &status, 0);
            channel.say("child " + std::to_string(WIFEXITED(status) ? WEXITSTATUS(status)
                                                                    : -WTERMSIG(status)));
        } else {
            const pid_t child = ::fork();
            if (child == 0) {
                ::close(channel.fd());
                ::alarm(300);  // should the test not come to end it
                for (;;) ::pause();
            }
            channel.say("child " + std::to_string(child));
        }
    }
    return 0;
}

}  // namespace

int play_victim(const Part& part, Channel& channel) {
    if (part.name == "liar") return play_liar(part, channel);
    if (part.name == "nursery") return play_nursery(part, channel);
    if (part.name == "holder") return play_holder(part, channel);
    if (part.name == "lender") return play_lender(part, channel);
    if (part.name == "relay") return play_relay(part, channel);
    if (part.name == "starved") return starved(part, channel);
    if (part.name == "crowded") return crowded(part, channel);
    if (part.name == "stranger") return stranger(part, channel);
    if (part.name == "squatter") return squatter(part, channel);
    if (part.name == "forking_reader") return forking_reader(part, channel);
    if (part.name == "forking") return forking(part, channel);
    return play(part, channel);
}

}  // namespace mycelium::attack
