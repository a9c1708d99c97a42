#include "ledger.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

namespace trading {
namespace {

using mycelium::Errc;
using mycelium::Error;
using mycelium::Result;

constexpr std::string_view suffix = ".ledger";
constexpr std::uint64_t magic = 0x31726567'6465'6c6d;

Error failure(const std::string& path) {
    return {Errc::invalid, path + ": " + std::strerror(errno), errno};
}

}  // namespace

/// The file as it lies there. A receipt has two copies; `which` says which one is valid, and the
/// other one is written first.
struct Ledger::File {
    struct Entry {
        std::atomic<std::uint64_t> which;
        std::array<Receipt, 2> copies;
    };
    std::uint64_t magic_number;
    std::uint64_t run;
    char service[64];
    std::atomic<std::uint64_t> publisher, intended, published;
    std::atomic<std::uint64_t> entry_count, is_overfull;
    std::array<Entry, receipts_max> entries;
};

std::string ledger_reason_name(std::size_t reason) {
    if (reason == ledger_relay_gone) return "relay_gone";
    if (reason == ledger_publisher_gone) return "publisher_gone";
    if (reason == ledger_unexplained) return "unexplained";
    return std::string{name_of(static_cast<mycelium::DropReason>(reason))};
}

std::uint64_t total_of(const MissedBy& missed) noexcept {
    return std::accumulate(missed.begin(), missed.end(), std::uint64_t{0});
}

void add_to(MissedBy& sum, const MissedBy& more) noexcept {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
}

std::string reasons_text(const MissedBy& missed) {
    std::string text;
    for (std::size_t i = 0; i < missed.size(); ++i)
        if (missed[i] != 0)
            text += (text.empty() ? "" : ", ") + ledger_reason_name(i) + " " +
                    std::to_string(missed[i]);
    return text;
}

Result<Ledger> Ledger::open(const std::string& folder, std::string_view service) {
    void* memory = MAP_FAILED;
    const std::uint64_t run = runs(folder, service) + 1;
    if (folder.empty()) {
        memory =
            mmap(nullptr, sizeof(File), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return failure("memory");
    } else {
        std::string path = folder + "/" + std::string{service} + "-XXXXXX" + std::string{suffix};
        const int fd = mkostemps(path.data(), static_cast<int>(suffix.size()), O_CLOEXEC);
        if (fd < 0) return failure(path);
        if (posix_fallocate(fd, 0, sizeof(File)) == 0)
            memory = mmap(nullptr, sizeof(File), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        if (memory == MAP_FAILED) return failure(path);
    }
    auto* const file = static_cast<File*>(memory);  // all zero
    service.copy(file->service, sizeof file->service - 1);
    file->run = run;
    file->magic_number = magic;
    return Ledger{file, true};
}

Ledger::Ledger(Ledger&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      is_mapped_(std::exchange(other.is_mapped_, false)),
      places_(std::move(other.places_)) {}

Ledger::~Ledger() {
    if (is_mapped_) munmap(file_, sizeof(File));
}

void Ledger::begin_publisher(std::uint64_t id) noexcept {
    file_->publisher.store(id, std::memory_order_release);
}

void Ledger::intend(std::uint64_t count) noexcept {
    const auto published = file_->published.load(std::memory_order_relaxed);
    file_->intended.store(published + count, std::memory_order_release);
}

void Ledger::confirm(std::uint64_t count) noexcept {
    const auto published = file_->published.load(std::memory_order_relaxed);
    file_->published.store(published + count, std::memory_order_release);
}

void Ledger::note(const Receipt& receipt) noexcept {
    auto place = places_.find(receipt.origin);
    const std::uint64_t count = file_->entry_count.load(std::memory_order_relaxed);
    const bool is_new = place == places_.end();
    if (is_new) {
        if (count == receipts_max) {
            file_->is_overfull.store(1, std::memory_order_relaxed);
            return;
        }
        place = places_.emplace(receipt.origin, static_cast<std::size_t>(count)).first;
    }
    File::Entry& entry = file_->entries[place->second];
    const std::uint64_t other = 1 - entry.which.load(std::memory_order_relaxed);
    entry.copies[other] = receipt;
    entry.which.store(other, std::memory_order_release);
    if (is_new) file_->entry_count.store(count + 1, std::memory_order_release);
}

std::uint64_t Ledger::runs(const std::string& folder, std::string_view service) {
    std::uint64_t count = 0;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{folder, ignored}) {
        const std::string name = entry.path().filename();
        count += name.starts_with(std::string{service} + "-") && name.ends_with(suffix);
    }
    return count;
}

Result<std::vector<LedgerPage>> Ledger::read(const std::string& folder) {
    std::vector<LedgerPage> pages;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
        const std::string path = entry.path();
        if (!path.ends_with(suffix)) continue;
        const auto file = std::make_unique<File>();
        errno = 0;
        std::ifstream stream{path, std::ios::binary};
        stream.read(reinterpret_cast<char*>(file.get()), sizeof(File));
        // One that was killed while it made its page has done nothing else.
        if (stream.gcount() != sizeof(File) || file->magic_number != magic) continue;
        LedgerPage page;
        page.service = std::string{file->service, strnlen(file->service, sizeof file->service)};
        page.run = file->run;
        page.publisher = file->publisher;
        page.intended = file->intended;
        page.published = file->published;
        page.is_overfull = file->is_overfull != 0;
        const std::uint64_t count = std::min<std::uint64_t>(file->entry_count, receipts_max);
        for (std::size_t i = 0; i < count; ++i)
            page.receipts.push_back(file->entries[i].copies[file->entries[i].which & 1]);
        pages.push_back(std::move(page));
    }
    if (error) return Error{Errc::invalid, folder + ": " + error.message(), error.value()};
    return pages;
}

}  // namespace trading
