#include "base/nearest.h"

#include <algorithm>
#include <vector>

namespace mycelium::base {

namespace {

constexpr std::size_t letters_max = 64;  // of a word that is worth comparing
constexpr std::size_t beginning_letters_min = 4;

/// How many slips lie between two words of at most letters_max letters.
std::size_t slips_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + wrong});
            const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> names) {
    if (word.size() > letters_max) return {};
    std::string best;
    std::size_t fewest = word.size() / 3 + 1;  // so many would be another word
    for (const std::string& name : names) {
        const bool is_beginning =
            word.size() >= beginning_letters_min && name.starts_with(word) && name != word;
        const std::size_t slips =
            is_beginning ? 1 : slips_between(word, name.substr(0, letters_max));
        if (slips >= fewest) continue;
        fewest = slips;
        best = name;
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> names) {
    const std::string meant = nearest(word, names);
    return meant.empty() ? meant : " (did you mean " + meant + "?)";
}

}  // namespace mycelium::base
