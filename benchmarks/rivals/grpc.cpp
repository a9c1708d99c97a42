// gRPC: unary calls and client streams, the server by its completion queue.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "benchmarks/own/meeting.h"
#include "benchmarks/rivals/rival.h"
#include "benchmarks/rivals/sides.h"
#include "grpc.grpc.pb.h"

namespace mycelium::bench {
namespace {

void check(const grpc::Status& status) {
    if (!status.ok()) throw std::runtime_error("gRPC: " + status.error_message());
}

/// A message whose content is written once, but for its stamps.
class Outgoing {
public:
    explicit Outgoing(std::size_t bytes) { message_.set_content(std::string(bytes, 'x')); }
    const rivals::Message& stamped(std::uint64_t number) {
        std::string& content = *message_.mutable_content();
        stamp({reinterpret_cast<std::byte*>(content.data()), content.size()}, number);
        return message_;
    }

private:
    rivals::Message message_;
};

Arrival arrival_in(const rivals::Message& message, std::size_t bytes) {
    const std::string& content = message.content();
    if (content.size() != bytes) return {0, Arrival::Kind::wrong, false};
    return read_stamp({reinterpret_cast<const std::byte*>(content.data()), content.size()});
}

std::unique_ptr<rivals::Talk::Stub> stub_at(const std::string& url) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // whatever the environment says
    return rivals::Talk::NewStub(
        grpc::CreateCustomChannel(url, grpc::InsecureChannelCredentials(), arguments));
}

/// Asks, and waits for the answer, on the caller's thread.
class Asking {
public:
    Asking(const std::string& url, std::size_t bytes)
        : stub_(stub_at(url)), out_(bytes), bytes_(bytes) {}
    void send(std::uint64_t number) noexcept { number_ = number; }
    void flush() noexcept {}
    Arrival receive() {
        grpc::ClientContext context;
        check(stub_->Echo(&context, out_.stamped(number_), &answer_));
        return arrival_in(answer_, bytes_);
    }

private:
    std::unique_ptr<rivals::Talk::Stub> stub_;
    Outgoing out_;
    rivals::Message answer_;
    std::size_t bytes_;
    std::uint64_t number_ = 0;
};

/// One call, whose messages follow each other.
class Putting {
public:
    Putting(const std::string& url, std::size_t bytes)
        : stub_(stub_at(url)), writer_(stub_->Put(&context_, &done_)), out_(bytes) {}
    void send(std::uint64_t number) {
        const bool is_last = (number & last_bit) != 0;
        grpc::WriteOptions options;
        if (!is_last) options.set_buffer_hint();
        if (!writer_->Write(out_.stamped(number), options)) check(writer_->Finish());
    }
    void flush() noexcept {}

private:
    std::unique_ptr<rivals::Talk::Stub> stub_;
    grpc::ClientContext context_;
    rivals::Done done_;
    std::unique_ptr<grpc::ClientWriter<rivals::Message>> writer_;
    Outgoing out_;
};

/// A server whose completions its owner's thread takes.
class Serving {
public:
    explicit Serving(const std::string& url) {
        grpc::ServerBuilder builder;
        int port = 0;
        builder.AddListeningPort(url, grpc::InsecureServerCredentials(), &port);
        builder.SetMaxReceiveMessageSize(-1);
        builder.SetMaxSendMessageSize(-1);
        builder.RegisterService(&service_);
        completions_ = builder.AddCompletionQueue();
        server_ = builder.BuildAndStart();
        if (!server_ || port == 0) throw std::runtime_error("gRPC cannot listen at " + url);
    }
    ~Serving() {
        server_->Shutdown(std::chrono::system_clock::now());
        completions_->Shutdown();
        void* tag = nullptr;
        bool is_good = false;
        while (completions_->Next(&tag, &is_good)) {
        }
    }
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;

    rivals::Talk::AsyncService& service() { return service_; }
    grpc::ServerCompletionQueue* completions() { return completions_.get(); }
    /// What is done next.
    void* next() {
        void* tag = nullptr;
        bool is_good = false;
        if (!completions_->Next(&tag, &is_good) || !is_good)
            throw std::runtime_error("gRPC: the other side has gone");
        return tag;
    }

private:
    rivals::Talk::AsyncService service_;
    std::unique_ptr<grpc::ServerCompletionQueue> completions_;
    std::unique_ptr<grpc::Server> server_;
};

/// Answers calls one after the other.
class Answering {
public:
    Answering(const std::string& url, std::size_t bytes)
        : serving_(url), out_(bytes), bytes_(bytes) {
        expect_call();
    }
    Arrival receive() {
        while (serving_.next() != expected_.get()) {
        }
        current_ = std::move(expected_);
        expect_call();
        return arrival_in(current_->question, bytes_);
    }
    void send(std::uint64_t number) {
        current_->answer.Finish(out_.stamped(number), grpc::Status::OK, this);
        // The last is on its way when that is done.
        while ((number & last_bit) != 0 && serving_.next() != this) {
        }
    }
    void flush() noexcept {}

private:
    struct Call {
        grpc::ServerContext context;
        rivals::Message question;
        grpc::ServerAsyncResponseWriter<rivals::Message> answer{&context};
    };
    void expect_call() {
        expected_ = std::make_unique<Call>();
        serving_.service().RequestEcho(&expected_->context, &expected_->question,
                                       &expected_->answer, serving_.completions(),
                                       serving_.completions(), expected_.get());
    }
    std::unique_ptr<Call> expected_;
    std::unique_ptr<Call> current_;
    Serving serving_;
    Outgoing out_;
    std::size_t bytes_;
};

/// Reads one stream.
class Taking {
public:
    Taking(const std::string& url, std::size_t bytes) : serving_(url), bytes_(bytes) {
        serving_.service().RequestPut(&context_, &reader_, serving_.completions(),
                                      serving_.completions(), this);
    }
    Arrival receive() {
        if (!is_called_) serving_.next();
        is_called_ = true;
        reader_.Read(&message_, this);
        serving_.next();
        return arrival_in(message_, bytes_);
    }

private:
    rivals::Message message_;
    grpc::ServerContext context_;
    grpc::ServerAsyncReader<rivals::Done, rivals::Message> reader_{&context_};
    bool is_called_ = false;
    Serving serving_;
    std::size_t bytes_;
};

std::string url_of(Way way, const TemporaryDirectory& directory) {
    return way == Way::tcp ? "127.0.0.1:" + std::to_string(free_tcp_port())
                           : "unix:" + directory.path() + "/rival";
}

Entry round_trip(Way way) {
    return {Job::round_trip, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                return round_trip_of(
                    plan, {}, [&] { return Asking(url, plan.bytes); },
                    [&] { return Answering(url, plan.bytes); });
            }};
}

Entry stream(Way way) {
    return {Job::stream, way, [way](const Plan& plan) {
                const TemporaryDirectory directory;
                const std::string url = url_of(way, directory);
                return stream_of(
                    plan, {}, First::receivers, 1, [&] { return Putting(url, plan.bytes); },
                    [&](std::size_t) { return Taking(url, plan.bytes); });
            }};
}

}  // namespace

Rival grpc() {
    Rival rival{"grpc",
                grpc::Version(),
                "unary calls on the caller's thread, the server by its completion queue; streams "
                "are one client stream, written with set_buffer_hint; messages of one bytes field",
                {}};
    for (const Way way : {Way::unix_socket, Way::tcp}) {
        rival.entries.push_back(round_trip(way));
        rival.entries.push_back(stream(way));
    }
    return rival;
}

}  // namespace mycelium::bench
