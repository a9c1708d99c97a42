// Runs a fuzz target without libFuzzer: the corpus, and seeded mutations of it, so that every
// compiler and sanitizer of the suite sees the parsers under bad input.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
constexpr int mutations_per_input = 2'000;
constexpr std::size_t inputs_max = 64;

std::vector<Input> corpus_of(const std::filesystem::path& folder) {
    std::vector<Input> inputs{Input{}, Input(64, 0)};
    if (!std::filesystem::is_directory(folder)) return inputs;
    std::set<std::filesystem::path> paths;  // in order, so that a seed always means the same inputs
    for (const auto& entry : std::filesystem::directory_iterator{folder}) paths.insert(entry.path());
    for (const auto& path : paths) {
        std::ifstream file{path, std::ios::binary};
        inputs.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
        if (inputs.size() == inputs_max) break;
    }
    return inputs;
}

/// A few bits flipped, a byte put in or taken out, the end cut.
Input mutation_of(Input input, std::mt19937& random) {
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = input.empty() ? 0 : random() % input.size();
        const auto where = input.begin() + static_cast<std::ptrdiff_t>(at);
        switch (random() % 4) {
            case 0:
                input.insert(where, static_cast<std::uint8_t>(random()));
                break;
            case 1:
                if (!input.empty()) input.erase(where);
                break;
            case 2:
                if (!input.empty())
                    *where = static_cast<std::uint8_t>(*where ^ (1U << random() % 8));
                break;
            default:
                if (random() % 8 == 0) input.resize(at);
        }
    }
    return input;
}

void run(const Input& input) {
    // Its own allocation of exactly this size, so that AddressSanitizer sees one byte too many.
    const Input exact(input.begin(), input.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int count, char** arguments) {
    std::mt19937 random{1};
    int runs = 0;
    for (const Input& input : corpus_of(count > 1 ? arguments[1] : "")) {
        run(input);
        for (int i = 0; i < mutations_per_input; ++i) run(mutation_of(input, random));
        runs += 1 + mutations_per_input;
    }
    std::printf("%d inputs\n", runs);
}
