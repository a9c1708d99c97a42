// Ledger: what one run of a service has published and received, in a file that survives it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <mycelium/ext/message.h>
#include <mycelium/result.h>

namespace trading {

/// Why messages are missing: the library's reasons, and three more. Only the ledger as a whole can
/// tell that the end of a publisher's run is missing.
inline constexpr std::size_t ledger_relay_gone = mycelium::drop_reason_count;
inline constexpr std::size_t ledger_publisher_gone = mycelium::drop_reason_count + 1;
inline constexpr std::size_t ledger_unexplained = mycelium::drop_reason_count + 2;
inline constexpr std::size_t ledger_reasons = mycelium::drop_reason_count + 3;
std::string ledger_reason_name(std::size_t reason);
/// How many, by reason.
using MissedBy = std::array<std::uint64_t, ledger_reasons>;
std::uint64_t total_of(const MissedBy& missed) noexcept;
void add_to(MissedBy& sum, const MissedBy& more) noexcept;
/// "queue_full 3, relay_gone 1"; empty: nothing is missing.
std::string reasons_text(const MissedBy& missed);

/// What was received of one publisher's run: its numbers from `first` to `last` are `received` or
/// missed for a reason. A value.
struct Receipt {
    std::uint64_t origin = 0;
    std::uint64_t first = 0;  ///< 0: nothing yet
    std::uint64_t last = 0;
    std::uint64_t received = 0;
    MissedBy missed{};
    std::uint64_t missed_total() const noexcept { return total_of(missed); }
};

/// What a file says. A value.
struct LedgerPage {
    std::string service;
    std::uint64_t run = 0;        ///< of the service, from 1
    std::uint64_t publisher = 0;  ///< id by which origins name it; 0: it publishes nothing
    std::uint64_t intended = 0;   ///< it has certainly not published more
    std::uint64_t published = 0;  ///< and not less
    bool is_overfull = false;     ///< there were more publishers than a page has room for
    std::vector<Receipt> receipts;
};

/// One run's page: a file of fixed size in shared memory, written as it goes. Whenever the run is
/// killed, what stands there is true. One thread.
class Ledger {
public:
    static constexpr std::size_t receipts_max = 512;

    /// A new page in the folder; in an empty name, one that nobody reads. Errors: invalid (the
    /// folder cannot be written to).
    static mycelium::Result<Ledger> open(const std::string& folder, std::string_view service);
    Ledger(Ledger&& other) noexcept;
    Ledger& operator=(Ledger&&) = delete;
    ~Ledger();

    void begin_publisher(std::uint64_t id) noexcept;
    /// Around each publishing: `count` more will be, then have been.
    void intend(std::uint64_t count) noexcept;
    void confirm(std::uint64_t count) noexcept;
    /// Replaces what is said of its origin.
    void note(const Receipt& receipt) noexcept;

    /// Of the runs of that service there have been in the folder.
    static std::uint64_t runs(const std::string& folder, std::string_view service);
    /// All pages of a folder. Errors: invalid (one cannot be read).
    static mycelium::Result<std::vector<LedgerPage>> read(const std::string& folder);

private:
    struct File;
    Ledger(File* file, bool is_mapped) noexcept : file_(file), is_mapped_(is_mapped) {}

    File* file_;
    bool is_mapped_;
    std::map<std::uint64_t, std::size_t> places_;  // of receipts, by origin
};

}  // namespace trading
