// A stream of any bytes, as a link cuts it: plain messages in order by the short way, the others by
// the long one. Both together must find what a reader of single frames finds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "base/copy.h"
#include "core/wire/frame.h"
#include "host/transport/receive_buffer.h"
#include "planted.h"

namespace {

using namespace mycelium;

constexpr std::uint64_t limit = 4096;

class Portions final : public Stream {
public:
    Portions(std::span<const std::byte> bytes, std::size_t portion)
        : rest_(bytes), portion_(portion) {}
    int fd() const noexcept override { return -1; }
    Io read(std::span<std::byte> into) noexcept override {
        const std::size_t count = std::min({into.size(), rest_.size(), portion_});
        if (count == 0) return {.kind = Io::Kind::end};
        base::copy(into.data(), rest_.data(), count);
        rest_ = rest_.subspan(count);
        return {.count = count};
    }
    Io write(std::span<const std::span<const std::byte>>) noexcept override { return {}; }
    void shutdown() noexcept override {}

private:
    std::span<const std::byte> rest_;
    std::size_t portion_;
};

struct Found {
    Header header;
    std::vector<std::byte> payload;
    bool operator==(const Found&) const = default;
};

void keep(std::vector<Found>& all, const Header& header, std::span<const std::byte> payload) {
    all.push_back({header, {payload.begin(), payload.end()}});
}

std::vector<Found> one_by_one(std::span<const std::byte> stream) {
    std::vector<Found> all;
    wire::FrameReader reader{limit};
    for (;;) {
        const auto frame = reader.next(stream);
        if (!frame || !*frame) return all;
        keep(all, (*frame)->header, (*frame)->payload);
    }
}

std::vector<Found> by_both_ways(Portions& stream) {
    static memory::BlockPool pool;
    std::vector<Found> all;
    std::vector<Message> slots(8);
    transport::ReceiveBuffer buffer{pool, limit};
    std::uint64_t expected = 1;
    while (buffer.fill(stream).kind == Io::Kind::done) {
        for (;;) {
            const std::size_t count = buffer.take_plain(slots, expected);
            for (const Message& message : std::span{slots}.first(count))
                keep(all, message.header, message.payload.bytes);
            expected += count;
            const auto frame = buffer.next();
            if (!frame) return all;
            if (!*frame) break;
            keep(all, (*frame)->header, (*frame)->payload);
            expected = (*frame)->header.sequence + 1;
        }
    }
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span bytes = std::as_bytes(std::span{data, size}).subspan(1);
    Portions stream{bytes, std::size_t{data[0]} * 8 + 1};
    const auto found = by_both_ways(stream);
    if (found != one_by_one(bytes)) std::abort();
    if (!found.empty()) mycelium::fuzz::planted(data, size);
    return 0;
}
