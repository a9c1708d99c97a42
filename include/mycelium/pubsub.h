// Publish/subscribe: every attached subscriber gets every message, or is told how many it missed
// and why.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mycelium/codec.h>
#include <mycelium/ext/ports.h>

namespace mycelium {

/// A received value that keeps its memory alive. Copyable; any thread. Bytes and small trivially
/// copyable values are held inside.
template <class T>
class Sample {
    static constexpr bool is_inline =
        std::is_same_v<T, Bytes> ||
        (std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T> && sizeof(T) <= 256);

public:
    Sample() noexcept {}  // leaves room for the value as it is
    const T& operator*() const noexcept {
        if constexpr (is_inline)
            if (!shared_) return inline_.value;
        return *shared_;
    }
    const T* operator->() const noexcept { return &**this; }
    /// The value with an owner, to keep beyond the sample. The publisher's own object, if it is of
    /// this process.
    std::shared_ptr<const T> share() const {
        if constexpr (is_inline)
            if (!shared_) return std::make_shared<const T>(inline_.value);
        return shared_;
    }
    const Header& header() const noexcept { return header_; }
    /// What this subscriber missed of this publisher just before this sample.
    const Missed& missed() const noexcept { return missed_; }
    /// Through a relay: who published it, as which number and when; the header's numbers are the
    /// relay's. None: it came from its publisher itself.
    std::optional<Origin> origin() const noexcept {
        return origin_.id != 0 ? std::optional{origin_} : std::nullopt;
    }

    /// From an untyped message that a port of T's schema received.
    static Result<Sample> from(const Message& message);

private:
    template <class>
    friend class Subscriber;
    Result<void> fill(const Message& message) { return fill(message, message.payload.owner); }
    /// `owner`: the message's, copied or moved.
    template <class Owner>
    Result<void> fill(const Message& message, Owner&& owner);

    struct Nothing {};
    struct Inline {
        Inline() noexcept {}  // fill() writes it
        std::conditional_t<is_inline, T, Nothing> value;
    };
    Header header_;
    Origin origin_;
    Missed missed_;
    std::shared_ptr<const T> shared_;
    [[no_unique_address]] Inline inline_;
};

/// The payload that a value of T makes, without copying it.
template <class T>
Payload payload_of(const T& value, std::shared_ptr<const void> owner = nullptr) {
    Payload payload;
    if constexpr (std::is_same_v<T, Bytes>) {
        payload.bytes = value.span();
        payload.has_bytes = true;
        payload.owner = value.owner();
    } else {
        payload.object = &value;
        payload.schema = &schema_of<T>();
        payload.owner = std::move(owner);
    }
    return payload;
}

/// The same, with the owner that `value` had.
inline Payload payload_of(Bytes&& value) {
    Payload payload;
    payload.bytes = value.span();
    payload.has_bytes = true;
    payload.owner = std::move(value).owner();
    return payload;
}

template <class T>
template <class Owner>
Result<void> Sample<T>::fill(const Message& message, Owner&& owner) {
    header_ = message.header;
    origin_ = message.origin;
    missed_ = message.missed;
    const Payload& payload = message.payload;
    if constexpr (std::is_same_v<T, Bytes>) {
        inline_.value = owner ? Bytes{payload.bytes, std::forward<Owner>(owner)}
                              : Bytes::copy_of(payload.bytes);
    } else if (payload.object) {
        shared_ = {std::forward<Owner>(owner), static_cast<const T*>(payload.object)};
    } else if constexpr (is_inline) {
        if constexpr (Flat<T>) {
            if (!codec::Packed<T>::every_pattern || payload.bytes.size() != sizeof(T))
                return codec::decode_into(payload.bytes, inline_.value);
            codec::copy_message(reinterpret_cast<std::byte*>(&inline_.value), payload.bytes.data(),
                                sizeof(T));
        } else if constexpr (TlvType<T>) {
            return codec::TlvValue<T>::decode(payload.bytes, inline_.value);
        } else {
            inline_.value = T{};  // what the sender leaves out is left as it is
            return schema_of<T>().decode(payload.bytes, &inline_.value);
        }
    } else if (owner && codec::lies_as<T>(payload.bytes)) {
        shared_ = {std::forward<Owner>(owner), reinterpret_cast<const T*>(payload.bytes.data())};
    } else {
        MYCELIUM_TRY_ASSIGN(auto object, schema_of<T>().decode_shared(payload.bytes));
        shared_ = {object, static_cast<const T*>(object.get())};
    }
    return {};
}

template <class T>
Result<Sample<T>> Sample<T>::from(const Message& message) {
    Result<Sample> result{std::in_place};
    if (auto filled = result->fill(message); !filled) result = std::move(filled).error();
    return result;
}

/// Sends values of T to whoever subscribes. One thread at a time. The destructor waits up to
/// `linger` for delivery.
template <class T>
class Publisher {
public:
    explicit Publisher(PublisherPort port) noexcept : port_(std::move(port)) {}

    /// Copied once, and only if someone listens. Never waits but for `block` readers (up to
    /// block_max), and with 32 KiB and more by a socket while its only reader takes them (a
    /// nanosecond for each byte, up to some 4 ms).
    Outcome publish(const T& value) { return port_.publish(payload_of(value)); }
    /// The same for whoever does not keep them: they pass on with their ownership, which nobody
    /// counts; also where it fails.
    Outcome publish(T&& value) requires std::is_same_v<T, Bytes> {
        return port_.publish(payload_of(std::move(value)));
    }
    /// The object itself to subscribers in this process; encoded once for all others. Nobody may
    /// write to it afterwards.
    template <class U>
    requires std::is_convertible_v<std::shared_ptr<U>, std::shared_ptr<const T>> Outcome
    publish(const std::shared_ptr<U>& value) {
        return port_.publish(payload_of<T>(*value, value));
    }
    /// The same for whoever does not keep it: it passes on with its ownership, which nobody counts.
    template <class U>
    requires std::is_convertible_v<std::shared_ptr<U>, std::shared_ptr<const T>> Outcome
    publish(std::shared_ptr<U>&& value) {
        const T& object = *value;
        return port_.publish(payload_of<T>(object, std::move(value)));
    }
    Outcome publish(Loan<T>&& loan) {
        if constexpr (std::is_same_v<T, Bytes>)
            return port_.publish(payload_of(std::move(loan).freeze()));
        else
            return publish(std::move(loan).freeze());
    }
    /// Several at once: one clock reading and at most one system call per link.
    Outcome publish(std::span<const T> values) {
        if (payloads_.size() < values.size()) payloads_.resize(values.size());
        const std::span payloads{payloads_.data(), values.size()};
        if constexpr (std::is_same_v<T, Bytes>) {
            for (std::size_t i = 0; i < values.size(); ++i) payloads[i] = payload_of(values[i]);
        } else {
            const Schema& schema = schema_of<T>();
            for (std::size_t i = 0; i < values.size(); ++i) {
                payloads[i].object = &values[i];
                payloads[i].schema = &schema;
            }
        }
        const LettingGo letting_go{payloads_};
        return port_.publish(payloads);
    }

    /// Memory to write one value into before publishing it.
    Result<Loan<T>> loan() requires(!std::is_same_v<T, Bytes>) {
        return Loan<T>{std::make_shared<T>()};
    }
    Result<Loan<Bytes>> loan(std::size_t size) requires std::is_same_v<T, Bytes> {
        return port_.loan(size);
    }

    /// Sends now what is gathered. Only the last messages of a fast burst (over 500,000/s) ever
    /// wait, up to 0.1 ms.
    void flush() noexcept { port_.flush(); }
    /// Waits until all that was sent is delivered or counted as dropped.
    Result<void> drain(Duration timeout) { return port_.drain(timeout); }
    Result<void> wait_for(std::size_t subscribers, Duration timeout = Duration::max()) {
        return port_.wait_for(subscribers, timeout);
    }
    /// By which samples that came through a relay name it (Sample::origin).
    std::uint64_t id() const noexcept { return port_.id(); }
    std::size_t subscribers() const noexcept { return port_.peers(); }
    std::string url() const { return port_.url(); }
    std::optional<Event> try_event() { return port_.try_event(); }
    Counters counters() const { return port_.counters(); }
    PublisherPort& port() noexcept { return port_; }

private:
    /// Of what owns its memory; the rest is written over by the next call.
    struct LettingGo {
        std::vector<Payload>& payloads;
        ~LettingGo() {
            if constexpr (std::is_same_v<T, Bytes>) payloads.clear();
        }
    };
    PublisherPort port_;
    std::vector<Payload> payloads_;  // of a call for several; without owners in between
};

/// Receives values of T. One thread at a time. Also a range: `for (auto sample : subscriber)` ends
/// when the node stops.
template <class T>
class Subscriber {
public:
    explicit Subscriber(SubscriberPort port) noexcept : port_(std::move(port)) {}

    Result<Sample<T>> receive() { return receive_until(never); }
    Result<Sample<T>> receive_for(Duration timeout) { return receive_until(after(timeout)); }
    /// Errors: timeout, closed (the node stopped), invalid (another thread is receiving). A message
    /// that cannot be decoded closes its link, is counted `malformed`, and receiving goes on.
    Result<Sample<T>> receive_until(Instant deadline) {
        settle();
        Result<Sample<T>> result{std::in_place};  // filled where the caller wants it
        for (bool is_done = false; !is_done;) {
            auto message = port_.receive_until(deadline);
            if (!message) {
                result = std::move(message).error();
                break;
            }
            auto filled = result->fill(**message, std::move((*message)->payload.owner));
            is_done = filled.ok();
            if (!is_done) port_.reject(filled.error());
        }
        return result;
    }
    /// None: nothing now, or closed. Never sleeps; of a quick stream through shared memory it may
    /// look for 5 µs, to find more at once.
    std::optional<Sample<T>> try_receive() {
        settle();
        for (;;) {
            auto message = port_.try_receive();
            if (!message || !*message) return std::nullopt;
            if (auto sample = Sample<T>::from(**message))
                return *std::move(sample);
            else
                port_.reject(sample.error());
        }
    }
    /// Hands what has arrived to `handler(const Sample<T>&)`, at most `limit` of them; returns how
    /// many. Quicker than as many try_receive(). What a handler throws passes through; what it had
    /// not been given yet is still to be received.
    template <class Handler>
    std::size_t poll(Handler&& handler, std::size_t limit = SIZE_MAX) {
        settle();
        std::size_t count = 0;
        while (count < limit) {
            const auto shown = port_.try_peek(limit - count);
            if (!shown || shown->empty()) break;
            count += hand_over(*shown, handler);
        }
        return count;
    }
    /// The same, but waits for the first. Errors: as receive_until().
    template <class Handler>
    Result<std::size_t> poll_until(Instant deadline, Handler&& handler,
                                   std::size_t limit = SIZE_MAX) {
        settle();
        std::size_t count = 0;
        while (count == 0 && limit != 0) {
            MYCELIUM_TRY_ASSIGN(const auto shown, port_.peek_until(deadline, limit));
            count = hand_over(shown, handler);
        }
        return count + poll(handler, limit - count);
    }

    class Iterator {
    public:
        using value_type = Sample<T>;
        using difference_type = std::ptrdiff_t;
        explicit Iterator(Subscriber* subscriber) : subscriber_(subscriber) { ++*this; }
        const Sample<T>& operator*() const noexcept { return *sample_; }
        Iterator& operator++() {
            auto received = subscriber_->receive();
            if (received)
                sample_ = *std::move(received);
            else
                sample_.reset();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const noexcept { return !sample_; }

    private:
        Subscriber* subscriber_;
        std::optional<Sample<T>> sample_;
    };
    Iterator begin() { return Iterator{this}; }
    std::default_sentinel_t end() const noexcept { return {}; }

    /// Whatever a publisher that is bound to its URL sends afterwards is sent here, too.
    Result<void> wait_for(std::size_t publishers, Duration timeout = Duration::max()) {
        return port_.wait_for(publishers, timeout);
    }
    std::size_t publishers() const noexcept { return port_.peers(); }
    /// Level-triggered, for poll, epoll and event loops: readable until try_receive() says empty.
    int fd() { return port_.fd(); }
    /// Would try_receive() return something now? Errors: closed, invalid.
    Result<bool> is_ready() {
        settle();
        return port_.is_ready();
    }
    std::string url() const { return port_.url(); }
    std::optional<Event> try_event() { return port_.try_event(); }
    Counters counters() const { return port_.counters(); }
    SubscriberPort& port() noexcept { return port_; }

private:
    /// What a handler is being given; the port learns afterwards, or when the handler receives
    /// itself.
    class Batch {
    public:
        explicit Batch(Subscriber& subscriber) noexcept
            : subscriber_(subscriber), outer_(std::exchange(subscriber.batch_, this)) {}
        ~Batch() {
            settle();
            subscriber_.batch_ = outer_;
        }
        Batch(const Batch&) = delete;
        Batch& operator=(const Batch&) = delete;
        void take_one() noexcept { ++taken_; }
        /// What was shown may be gone after this.
        void settle() noexcept {
            if (!is_settled_) subscriber_.port_.take(taken_);
            is_settled_ = true;
        }
        bool is_settled() const noexcept { return is_settled_; }

    private:
        Subscriber& subscriber_;
        Batch* const outer_;
        std::size_t taken_ = 0;
        bool is_settled_ = false;
    };

    void settle() noexcept {
        if (batch_) batch_->settle();
    }
    template <class Handler>
    std::size_t hand_over(std::span<const Message> shown, Handler& handler) {
        std::size_t count = 0;
        Batch batch{*this};
        for (const Message& message : shown) {
            Sample<T> sample;
            const auto filled = sample.fill(message);
            batch.take_one();
            if (!filled) {
                batch.settle();
                port_.reject(filled.error());
                break;
            }
            handler(std::as_const(sample));
            ++count;
            if (batch.is_settled()) break;
        }
        return count;
    }

    SubscriberPort port_;
    Batch* batch_ = nullptr;  // being handed over
};

}  // namespace mycelium
