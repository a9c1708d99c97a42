#include "survivors.h"

#include "attacked.h"
#include "stamped.h"

namespace mycelium::attack {
namespace {

/// What a survivor reads from a victim: whole, in order, and with exact gaps.
class Reading {
public:
    explicit Reading(Subscriber<Bytes> subscriber) : subscriber_(std::move(subscriber)) {}
    void take_all() {
        while (auto sample = subscriber_.try_receive()) {
            EXPECT_TRUE(stamped_number((*sample)->span())) << "a torn message";
            count(tally_, *sample);
            kept_.push_back(*std::move(sample));
            if (kept_.size() > 8) let_go(kept_.size() / 2);
        }
    }
    /// The publisher is dead: what there is of it is taken and let go.
    void end() {
        EXPECT_TRUE(eventually([&] {
            take_all();
            return subscriber_.publishers() == 0;
        })) << "a death that was not noticed";
        while (!kept_.empty()) let_go(kept_.size() - 1);
        tally_ = {};
    }
    std::uint64_t received() const { return tally_.received; }

private:
    void let_go(std::size_t index) {
        EXPECT_TRUE(stamped_number(kept_[index]->span())) << "changed while it was held";
        kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    Subscriber<Bytes> subscriber_;
    Tally tally_;
    std::vector<Sample<Bytes>> kept_;
};

class Reader final : public Survivor {
public:
    std::string urls() const override { return url_ + "," + slow_url_; }
    void work(Nursery&) override { reading_.take_all(); }
    void end() override {
        reading_.end();
        slow_.end();
    }

private:
    std::string url_ = new_url("shm"), slow_url_ = new_url("shm");
    Node node_{quiet("survivor")};
    Reading reading_{
        node_.subscriber<Bytes>(url_, {.role = Role::bind, .queue_messages_max = 64}).value()};
    Reading slow_{node_
                      .subscriber<Bytes>(slow_url_, {.role = Role::bind,
                                                     .slow = SlowReader::drop_oldest,
                                                     .queue_messages_max = 4})
                      .value()};
};

/// Beside it a third process reads, and is killed.
class ReaderBesideAnother final : public Survivor {
public:
    std::string urls() const override { return url_; }
    void begin() override {
        other_.start("holder", url_, 0);
        has_killed_ = false;
    }
    void work(Nursery& nursery) override {
        reading_.take_all();
        if (has_killed_ || reading_.received() < 12) return;
        other_.kill();
        has_killed_ = true;
        nursery.go();
    }
    void end() override {
        reading_.end();
        if (!has_killed_) other_.kill();
    }

private:
    std::string url_ = new_url("shm");
    Node node_{quiet("survivor")};
    Reading reading_{node_.subscriber<Bytes>(url_).value()};
    Nursery other_;
    bool has_killed_ = false;
};

class Writer final : public Survivor {
public:
    Writer() {
        publisher_.wait_for(1, patience).value();
        healthy_.wait_for(1, patience).value();
    }
    std::string urls() const override { return url_; }
    void begin() override { since_linked_ = 0; }
    void work(Nursery& nursery) override {
        publish();
        if (publisher_.subscribers() > 1 && ++since_linked_ == 100) nursery.go();
    }
    void end() override {
        EXPECT_TRUE(eventually([&] { return publisher_.subscribers() == 1; }));
        publish();
        expect_balanced(publisher_);
    }
    /// A dead reader's chunks come back when memory is wanted.
    void tidy() override { (void)publisher_.loan(70'000); }

private:
    /// One more, which the healthy reader receives.
    void publish() {
        const std::size_t first = number_ + 1;
        switch (number_ % 4) {
            case 0:
                publisher_.publish(stamped(++number_, 3000)).value();
                break;
            case 1: {
                auto loan = publisher_.loan(number_ % 8 == 1 ? 70'000 : 2000).value();
                stamp(loan.span(), ++number_);
                publisher_.publish(std::move(loan)).value();
                break;
            }
            case 2: {
                const std::vector<Bytes> batch{stamped(number_ + 1, 40), stamped(number_ + 2, 1500),
                                               stamped(number_ + 3, 1024), stamped(number_ + 4, 8)};
                publisher_.publish(batch).value();
                number_ += 4;
                break;
            }
            default:
                publisher_.publish(stamped(++number_, 100)).value();
        }
        for (std::size_t wanted = first; wanted <= number_; ++wanted) {
            auto sample = healthy_.receive_for(patience);
            ASSERT_TRUE(sample.ok()) << sample.error().to_string();
            EXPECT_EQ(stamped_number((*sample)->span()), wanted);
            EXPECT_EQ(sample->missed().count(), 0u);
        }
    }

    std::string url_ = new_url("shm");
    Node home_{quiet("survivor")}, away_{quiet("healthy")};
    Publisher<Bytes> publisher_ = home_.publisher<Bytes>(url_, {.block_max = 2ms}).value();
    Subscriber<Bytes> healthy_ = away_.subscriber<Bytes>(url_).value();
    std::uint64_t number_ = 0;
    std::size_t since_linked_ = 0;
};

class Answering final : public Survivor {
public:
    Answering() { healthy_.wait_for(1, patience).value(); }
    std::string urls() const override { return url_; }
    void work(Nursery&) override {
        const std::size_t size = ++number_ % 4 == 0 ? 50'000 : 100;
        auto call = healthy_.begin_call(stamped(number_, size), patience).value();
        std::optional<Result<std::shared_ptr<const Bytes>>> answer;
        EXPECT_TRUE(eventually([&] {
            serve();
            return (answer = call.try_result()).has_value();
        }));
        ASSERT_TRUE(answer && answer->ok());
        EXPECT_EQ(stamped_number((**answer)->span()), number_);
    }
    void end() override {
        EXPECT_TRUE(eventually([&] {
            serve();
            return replier_.port().peers() == 1;
        }));
    }

private:
    void serve() {
        while (auto request = replier_.try_receive()) {
            EXPECT_TRUE(stamped_number(request->question().span())) << "a torn question";
            if (!request->is_notification()) (void)request->answer(request->question());
        }
    }
    std::string url_ = new_url("shm");
    Node home_{quiet("survivor")}, away_{quiet("healthy")};
    Replier<Bytes, Bytes> replier_ = home_.replier<Bytes, Bytes>(url_, {.linger = 20ms}).value();
    Requester<Bytes, Bytes> healthy_ = away_.requester<Bytes, Bytes>(url_).value();
    std::uint64_t number_ = 0;
};

class Asking final : public Survivor {
public:
    std::string urls() const override { return url_; }
    void work(Nursery&) override {
        if (requester_.port().peers() == 0) return;
        while (calls_.size() < 4) {
            const std::size_t size = ++number_ % 3 == 0 ? 50'000 : 100;
            // One that finds its replier gone already waits for another until its deadline.
            calls_.push_back({requester_.begin_call(stamped(number_, size), 5s).value(), number_});
        }
        look();
    }
    void end() override {
        EXPECT_TRUE(eventually([&] {
            look();
            return calls_.empty() && requester_.port().peers() == 0;
        })) << calls_.size()
            << " calls have no outcome";
    }

private:
    void look() {
        std::erase_if(calls_, [](auto& call) {
            auto result = call.first.try_result();
            if (!result) return false;
            if (result->ok()) {
                EXPECT_EQ(stamped_number((**result)->span()), call.second);
            } else {
                const Errc code = result->error().code();
                EXPECT_TRUE(code == Errc::lost || code == Errc::unavailable ||
                            code == Errc::failed || code == Errc::timeout)
                    << result->error().to_string();
            }
            return true;
        });
    }
    std::string url_ = new_url("shm");
    Node node_{quiet("survivor")};
    Requester<Bytes, Bytes> requester_ =
        node_.requester<Bytes, Bytes>(url_, {.role = Role::bind}).value();
    std::vector<std::pair<PendingCall<Bytes>, std::uint64_t>> calls_;
    std::uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<Survivor> survivor_of(const std::string& role) {
    if (role == "publisher") return std::make_unique<Reader>();
    if (role == "heir") return std::make_unique<ReaderBesideAnother>();
    if (role == "requester") return std::make_unique<Answering>();
    if (role == "replier") return std::make_unique<Asking>();
    return std::make_unique<Writer>();
}

}  // namespace mycelium::attack
