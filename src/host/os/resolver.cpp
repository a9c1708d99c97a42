#include "host/os/resolver.h"

#include <netdb.h>
#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "host/os/clock.h"
#include "host/os/error.h"
#include "host/os/fd.h"
#include "host/os/thread.h"

namespace mycelium::os {
namespace {

constexpr Duration answer_lasts = std::chrono::seconds{30};
constexpr Duration failure_lasts = std::chrono::seconds{1};

Error failure(int code, const std::string& host) {
    const int error = code == EAI_SYSTEM ? errno : 0;
    return {code == EAI_MEMORY ? Errc::overloaded : Errc::unavailable,
            "the host " + host + ": " + ::gai_strerror(code), error};
}

}  // namespace

Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port) {
    if (const auto numeric = Address::numeric(host, port)) return std::vector{*numeric};
    // Never asked for: both ends of a URL with localhost must mean the same address, whatever
    // /etc/hosts says.
    if (host == "localhost") return std::vector{*Address::numeric("127.0.0.1", port)};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) {
        return failure(code, host);
    }
    std::vector<Address> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (const auto address = Address::from(each->ai_addr, each->ai_addrlen)) {
            addresses.push_back(address->with_port(port));
        }
    }
    ::freeaddrinfo(found);
    if (addresses.empty()) return failure(EAI_NONAME, host);
    return addresses;
}

struct Resolver::Memory {
    struct Entry {
        std::vector<Address> addresses;
        std::optional<Error> error;
        std::size_t next = 0;
        bool is_asked = false;
        Instant good_until{};
    };
    std::mutex mutex;
    std::map<std::string, Entry> entries;
    std::size_t questions = 0;

    void remember(const std::string& host, Result<std::vector<Address>> answer) {
        const std::lock_guard lock{mutex};
        --questions;
        Entry& entry = entries[host];
        entry.is_asked = false;
        if (answer) {
            entry.addresses = *std::move(answer);
            entry.error.reset();
        } else if (entry.addresses
                       .empty()) {  // an address that was right is kept while nobody can be asked
            entry.error = std::move(answer).error();
        }
        entry.good_until = after(entry.error ? failure_lasts : answer_lasts);
    }

    // With the lock held.
    void make_room() {
        if (entries.size() < names_max) return;
        const auto oldest = std::min_element(entries.begin(), entries.end(), [](auto& a, auto& b) {
            return std::pair{a.second.is_asked, a.second.good_until} <
                   std::pair{b.second.is_asked, b.second.good_until};
        });
        if (!oldest->second.is_asked) entries.erase(oldest);
    }
};

Resolver::Resolver() : memory_(std::make_shared<Memory>()), generation_(fork_generation()) {}

Result<Address> Resolver::next_address(const std::string& host, std::uint16_t port) {
    if (generation_ != fork_generation()) return forked();
    if (host == "localhost" || Address::numeric(host, port)) return resolve(host, port).value()[0];
    const std::lock_guard lock{memory_->mutex};
    if (!memory_->entries.contains(host)) memory_->make_room();
    Memory::Entry& entry = memory_->entries[host];
    if (!entry.is_asked && now() >= entry.good_until && memory_->questions < questions_max) {
        auto thread = Thread::start(
            "resolver", [memory = memory_, host] { memory->remember(host, resolve(host, 0)); });
        if (!thread) return std::move(thread).error();
        thread->detach();  // the system's resolver cannot be interrupted: nobody waits for it
        entry.is_asked = true;
        ++memory_->questions;
    }
    if (!entry.addresses.empty()) {
        return entry.addresses[entry.next++ % entry.addresses.size()].with_port(port);
    }
    if (entry.error) return *entry.error;
    return Error{Errc::unavailable, "the host " + host + " is being looked up"};
}

}  // namespace mycelium::os
