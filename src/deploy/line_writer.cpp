#include "deploy/line_writer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "host/os/clock.h"

namespace mycelium::deploy {

struct LineWriter::State {
    struct Batch {
        std::size_t place = 0;
        std::string lines;
    };

    Write write;
    OnRoom on_room;
    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::vector<Batch> queue;
    std::size_t bytes = 0;  // of the queue and of what is being written
    bool is_pause_wished = false;
    bool is_ending = false;
    Loss loss;

    void write_all() {
        std::unique_lock lock{mutex};
        for (;;) {
            changed.wait(lock, [this] { return !queue.empty() || is_ending; });
            if (queue.empty()) return;
            const std::vector<Batch> batches = std::exchange(queue, {});
            for (const Batch& batch : batches) {
                lock.unlock();
                const int error = write(batch.place, batch.lines);
                lock.lock();
                if (error != 0) count_loss(batch, error);
                bytes -= batch.lines.size();
            }
            changed.notify_all();
            // With the lock held, so that its owner cannot go meanwhile: on_room only posts.
            if (bytes <= bytes_max / 2 && std::exchange(is_pause_wished, false)) on_room();
        }
    }

    void count_loss(const Batch& batch, int error) noexcept {
        const auto lines = std::count(batch.lines.begin(), batch.lines.end(), '\n');
        loss.lines += static_cast<std::uint64_t>(lines);
        loss.place = batch.place;
        loss.error = error;
    }
};

Result<std::unique_ptr<LineWriter>> LineWriter::start(std::string name, Write write,
                                                      OnRoom on_room) {
    auto state = std::make_shared<State>();
    state->write = std::move(write);
    state->on_room = std::move(on_room);
    std::unique_ptr<LineWriter> writer{new LineWriter{state}};
    MYCELIUM_TRY_ASSIGN(writer->thread_,
                        os::Thread::start(std::move(name), [state] { state->write_all(); }));
    return writer;
}

LineWriter::~LineWriter() {
    bool is_idle = false;
    {
        const std::lock_guard lock{state_->mutex};
        state_->is_ending = true;
        state_->on_room = [] {};
        is_idle = state_->bytes == 0;
    }
    state_->changed.notify_all();
    if (!is_idle) thread_.detach();
}

void LineWriter::offer(std::size_t place, std::string_view line) {
    constexpr std::size_t batch_bytes = 64 * 1024;
    const std::lock_guard lock{state_->mutex};
    if (state_->bytes + line.size() > 2 * bytes_max) {
        ++state_->loss.lines;
        state_->loss.place = place;
        state_->loss.error = 0;
        return;
    }
    auto& queue = state_->queue;
    const bool fits = !queue.empty() && queue.back().place == place &&
                      queue.back().lines.size() + line.size() <= batch_bytes;
    if (fits)
        queue.back().lines += line;
    else
        queue.push_back({place, std::string{line}});
    state_->bytes += line.size();
    state_->changed.notify_all();
}

bool LineWriter::is_full() {
    const std::lock_guard lock{state_->mutex};
    if (state_->bytes <= bytes_max) return false;
    state_->is_pause_wished = true;
    return true;
}

LineWriter::Loss LineWriter::take_loss() {
    const std::lock_guard lock{state_->mutex};
    return std::exchange(state_->loss, {});
}

bool LineWriter::finish(Instant deadline) {
    std::unique_lock lock{state_->mutex};
    return state_->changed.wait_until(lock, deadline, [this] { return state_->bytes == 0; });
}

}  // namespace mycelium::deploy
