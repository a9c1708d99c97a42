// Fan: one message to several channels of a rival whose own publish/subscribe drops.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace mycelium::bench {

template <class Channel>
class Fan {
public:
    void add(std::unique_ptr<Channel> channel) { channels_.push_back(std::move(channel)); }
    void send(std::uint64_t number) {
        for (const auto& channel : channels_) channel->send(number);
    }
    void flush() {
        for (const auto& channel : channels_) channel->flush();
    }

private:
    std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace mycelium::bench
