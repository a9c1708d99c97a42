#include "machine.h"

#include <algorithm>

namespace mycelium::models {

void View::join(const View& other) noexcept {
    for (std::size_t word = 0; word < words_max; ++word) {
        oldest[word] = std::max(oldest[word], other.oldest[word]);
    }
}

Machine::Machine(const std::vector<Word>& words, std::size_t threads)
    : word_count_{words.size()}, thread_count_{threads} {
    is_overfull_ = words.size() > words_max || threads > threads_max;
    for (std::size_t word = 0; word < std::min(words.size(), words_max); ++word) {
        histories_[word].written[0].value = words[word].initial;
        histories_[word].size = 1;
    }
}

bool Machine::is_done() const noexcept {
    return std::all_of(threads_.begin(),
                       threads_.begin() + static_cast<std::ptrdiff_t>(thread_count_),
                       [](const ThreadState& thread) { return thread.is_done; });
}

Value Machine::last(std::size_t word) const noexcept {
    return histories_[word].written[histories_[word].size - 1U].value;
}

template <class Visit>
void Machine::for_each_view(Visit&& visit) noexcept {
    for (std::size_t index = 0; index < thread_count_; ++index) {
        visit(threads_[index].current);
        visit(threads_[index].acquired);
        visit(threads_[index].released);
    }
    visit(fenced_);
    visit(elapsed_);
    for (std::size_t word = 0; word < word_count_; ++word) {
        for (std::size_t index = 0; index < histories_[word].size; ++index) {
            visit(histories_[word].written[index].view);
        }
    }
}

Written& Machine::insert(std::size_t word, std::size_t index) noexcept {
    History& history = histories_[word];
    if (history.size == values_max) {
        is_overfull_ = true;
        return history.written[index % values_max];
    }
    if (index < history.size) {  // else nobody's view reaches as far
        for_each_view([word, index](View& view) {
            if (view.oldest[word] >= index) ++view.oldest[word];
        });
        for (ThreadState& thread : threads_) {
            for (LateLoad& load : thread.late) {
                if (load.phase == LateLoad::Phase::pending && load.word == word &&
                    load.oldest >= index) {
                    ++load.oldest;
                }
            }
        }
    }
    std::move_backward(history.written.begin() + static_cast<std::ptrdiff_t>(index),
                       history.written.begin() + history.size,
                       history.written.begin() + history.size + 1);
    ++history.size;
    history.written[index] = Written{};
    return history.written[index];
}

void Machine::forget_the_unreadable() noexcept {
    View unreadable;  // per word: how many values at the front
    for (std::size_t word = 0; word < word_count_; ++word) {
        std::size_t oldest = histories_[word].size - 1U;
        for (std::size_t index = 0; index < thread_count_; ++index) {
            const ThreadState& thread = threads_[index];
            if (thread.is_done) continue;
            oldest = std::min<std::size_t>(oldest, thread.current.oldest[word]);
            for (const LateLoad& load : thread.late) {
                if (load.phase == LateLoad::Phase::pending && load.word == word) {
                    oldest = std::min<std::size_t>(oldest, load.oldest);
                }
            }
        }
        unreadable.oldest[word] = static_cast<std::uint8_t>(oldest);
    }
    if (unreadable.oldest == View{}.oldest) return;
    for_each_view([&unreadable, this](View& view) {
        for (std::size_t word = 0; word < word_count_; ++word) {
            const std::uint8_t gone = unreadable.oldest[word];
            view.oldest[word] =
                static_cast<std::uint8_t>(view.oldest[word] > gone ? view.oldest[word] - gone : 0);
        }
    });
    for (std::size_t word = 0; word < word_count_; ++word) {
        History& history = histories_[word];
        const std::uint8_t gone = unreadable.oldest[word];
        if (gone == 0) continue;
        std::move(history.written.begin() + gone, history.written.begin() + history.size,
                  history.written.begin());
        history.size = static_cast<std::uint8_t>(history.size - gone);
        history.written[0].replaces = false;  // nothing can come before it any more
        for (ThreadState& thread : threads_) {
            for (LateLoad& load : thread.late) {
                if (load.phase == LateLoad::Phase::pending && load.word == word) {
                    load.oldest = static_cast<std::uint8_t>(load.oldest - gone);
                }
            }
        }
    }
}

}  // namespace mycelium::models
