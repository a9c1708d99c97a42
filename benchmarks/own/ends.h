// The two ends of a publication as measurements use them: how messages are made and published, and
// how they are received and looked at.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <mycelium/mycelium.h>

#include "benchmarks/own/messages.h"

namespace mycelium::bench {

/// Until the other side is there, and for as long as a reader that the machine does not let run is
/// waited for.
inline constexpr Duration patience = std::chrono::seconds{10};

/// What is measured is lossless.
inline PublisherOptions patient() {
    PublisherOptions options;
    options.block_max = patience;
    return options;
}

/// The same of one that comes to the others, as to a relay.
inline PublisherOptions dialling() {
    PublisherOptions options = patient();
    options.role = Role::connect;
    return options;
}

/// Large messages wait in small number, so that what is sent is still in the cache, as it is with a
/// socket.
inline SubscriberOptions near_the_sender(const Plan& plan) {
    SubscriberOptions options;
    if (plan.bytes >= large_bytes) options.queue_messages_max = large_blocks_of(plan.bytes) / 2;
    return options;
}

inline void check(const Outcome& outcome) {
    if (!outcome) throw std::runtime_error("publish: " + outcome.error().to_string());
}

/// Publishes values that it makes, each or so many at once.
template <class T>
class Sender {
public:
    Sender(Publisher<T>& publisher, const Plan& plan, std::size_t at_once)
        : publisher_(publisher),
          maker_(plan.bytes, at_once, !publisher.url().starts_with("inproc:")),
          at_once_(at_once) {
        if constexpr (!std::is_same_v<T, Block>) batch_.resize(at_once);
    }

    void send(std::uint64_t number) {
        const auto idle = [this] { publisher_.flush(); };
        if constexpr (!std::is_same_v<T, Block>) {
            if (at_once_ > 1) {
                maker_.make_in(batch_[gathered_++], number, idle);
                if (gathered_ == at_once_) publish_batch();
                return;
            }
        }
        check(publisher_.publish(maker_.make(number, idle)));
    }
    void flush() {
        if constexpr (!std::is_same_v<T, Block>) publish_batch();
        publisher_.flush();
    }

private:
    void publish_batch() {
        if (gathered_ == 0) return;
        check(publisher_.publish(std::span<const T>{batch_.data(), gathered_}));
        if constexpr (std::is_same_v<T, Bytes>)
            for (Bytes& sent : batch_) sent = {};  // its memory is used again
        gathered_ = 0;
    }
    Publisher<T>& publisher_;
    Maker<T> maker_;
    std::size_t at_once_;
    std::vector<T> batch_;  // written where it lies
    std::size_t gathered_ = 0;
};

/// Borrows the memory of each message and writes its first and its last word there.
class LoanSender {
public:
    LoanSender(Publisher<Bytes>& publisher, const Plan& plan, std::size_t)
        : publisher_(publisher), bytes_(plan.bytes) {}

    void send(std::uint64_t number) {
        auto loan = publisher_.loan(bytes_);
        if (!loan) throw std::runtime_error("loan: " + loan.error().to_string());
        stamp(loan->span(), number);
        check(publisher_.publish(*std::move(loan)));
    }
    void flush() { publisher_.flush(); }

private:
    Publisher<Bytes>& publisher_;
    std::size_t bytes_;
};

/// A subscriber as a channel to receive from: one by one, or what has come in one go.
template <class T>
class Receiver {
public:
    Receiver(Node& node, const Side& publisher, const Plan& plan, const SubscriberOptions& options,
             std::size_t at_once = 1)
        : subscriber_(node.subscriber<T>(publisher.url[0].data(), options).value()),
          bytes_(plan.bytes),
          is_polling_(at_once > 1) {}
    Arrival receive() {
        if (is_polling_) return polled();
        const auto sample = subscriber_.receive();
        if (!sample) throw std::runtime_error("receive: " + sample.error().to_string());
        return arrival_in(*sample);
    }
    void wait_for_publisher() { subscriber_.wait_for(1, patience).value(); }

private:
    static constexpr std::size_t polled_max = 64;

    Arrival arrival_in(const Sample<T>& sample) const {
        Arrival arrival = arrival_of(*sample);
        if constexpr (std::is_same_v<T, Bytes>)
            if (sample->size() != bytes_) arrival.kind = Arrival::Kind::wrong;
        return arrival;
    }
    Arrival polled() {
        if (next_ == polled_.size()) {
            next_ = 0;
            polled_.clear();
            subscriber_
                .poll_until(
                    Instant::max(),
                    [this](const Sample<T>& sample) { polled_.push_back(arrival_in(sample)); },
                    polled_max)
                .value();
        }
        return polled_[next_++];
    }

    Subscriber<T> subscriber_;
    std::size_t bytes_;
    bool is_polling_;
    std::vector<Arrival> polled_;
    std::size_t next_ = 0;
};

}  // namespace mycelium::bench
