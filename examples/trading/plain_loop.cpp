// The whole job as one plain loop, in one file: neither Mycelium nor a line of the example's other
// sources. It reads the same recording, plays the same pools and looks for the same spreads; its
// digest of the signals is what the three services have to arrive at. Prints
// {"trades":…,"swaps":…,"signals":…,"signals_digest":"…"}.
//
//   mycelium-trading-plain RECORDING [SEED]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <string>
#include <vector>

namespace {

using i64 = std::int64_t;
using u64 = std::uint64_t;
__extension__ using i128 = __int128;

constexpr u64 ms = 1'000'000;

/// A string field of a flat JSON object; empty if it has none.
std::string field(const std::string& line, const std::string& name) {
    const std::string key = "\"" + name + "\":\"";
    const auto at = line.find(key);
    if (at == std::string::npos) return {};
    const auto begin = at + key.size();
    return line.substr(begin, line.find('"', begin) - begin);
}

/// "1.5" as 150000000; 0 for what has another form, more than 8 decimals, or more than fits.
i64 fixed(const std::string& text) {
    static const std::regex form{"[0-9]+(\\.[0-9]{1,8})?"};
    if (!std::regex_match(text, form)) return 0;
    const auto point = std::min(text.find('.'), text.size());
    std::string decimals = point < text.size() ? text.substr(point + 1) : "";
    decimals.resize(8, '0');
    i128 value = 0;
    for (const char c : text.substr(0, point) + decimals)
        if ((value = value * 10 + (c - '0')) > INT64_MAX) return 0;
    return static_cast<i64>(value);
}

/// "2025-08-22T20:11:30.012637Z" in nanoseconds, with up to nine decimals or none; -1 for what has
/// another form, or is no such day.
i64 nanoseconds(const std::string& text) {
    static const std::regex form{
        "(\\d{4})-(\\d\\d)-(\\d\\d)T(\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,9}))?Z"};
    std::smatch parts;
    if (!std::regex_match(text, parts, form)) return -1;
    const auto part = [&](std::size_t i) { return std::atoi(parts[i].str().c_str()); };
    std::tm date{};
    date.tm_year = part(1) - 1900;
    date.tm_mon = part(2) - 1;
    date.tm_mday = part(3);
    date.tm_hour = part(4);
    date.tm_min = part(5);
    date.tm_sec = part(6);
    if (part(1) < 1970 || part(1) > 2261 || date.tm_hour > 23 || date.tm_min > 59 ||
        date.tm_sec > 59)
        return -1;
    const i64 seconds = timegm(&date);  // which makes the 31st of June the 1st of July
    if (date.tm_mday != part(3) || date.tm_mon != part(2) - 1) return -1;
    std::string decimals = parts[7].str();
    decimals.resize(9, '0');
    return seconds * 1'000'000'000 + std::atoll(decimals.c_str());
}

/// "BTC-USD" as a number to base 38; 0 for what is no such name.
u64 asset(const std::string& name) {
    static const std::regex form{"[A-Z0-9-]{1,12}"};
    static const std::string digits = "_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    if (!std::regex_match(name, form)) return 0;
    u64 id = 0;
    for (const char c : name) id = id * 38 + digits.find(c);
    return id;
}

struct Quote {
    i64 price = 0;
    i64 size = 0;
    u64 time = 0;
};
struct Book {
    Quote quotes[3];    // by venue: 1 the exchange, 2 the pool
    int signalled = 0;  // the venue that was the cheaper one; 0: none
};
struct Pool {
    u64 asset;
    i64 goal;  // the exchange's last price
    i64 base;
    i64 quote;
    i64 price() const { return static_cast<i64>(i128{quote} * 100'000'000 / base); }
    /// Both reserves and the price; beyond it there is no pool, and no swap that would lead there.
    bool is_possible() const {
        for (const i64 reserve : {base, quote})
            if (reserve < 1'000'000 || reserve > i64{1} << 60) return false;
        const i128 exact = i128{quote} * 100'000'000 / base;
        return exact > 0 && exact <= INT64_MAX;
    }
};

struct Job {
    std::mt19937_64 random;
    std::vector<Pool> pools;
    u64 due = 0;  // when the next swap happens; 0: never
    u64 last_trade = 0;
    u64 now = 0;
    std::map<u64, Book> books;
    u64 trades = 0;
    u64 swaps = 0;
    u64 signals = 0;
    u64 hash = 0xcbf29ce484222325;

    void put(u64 value, int bytes) {
        for (; bytes > 0; --bytes, value >>= 8) hash = (hash ^ (value & 255)) * 0x100000001b3;
    }

    void look(u64 id, int venue, i64 price, i64 size) {
        Book& book = books[id];
        book.quotes[venue] = {price, size, now};
        const Quote& other = book.quotes[3 - venue];
        if (other.price == 0 || now - other.time > 500 * ms) return;
        const int cheap = book.quotes[2].price < book.quotes[1].price ? 2 : 1;
        const Quote& buy = book.quotes[cheap];
        const Quote& sell = book.quotes[3 - cheap];
        const i64 spread = static_cast<i64>(
            std::min(i128{sell.price - buy.price} * 10'000 / buy.price, i128{INT32_MAX}));
        if (spread < 15) {
            book.signalled = 0;
        } else if (book.signalled != cheap) {
            book.signalled = cheap;
            put(++signals, 8), put(id, 8), put(now, 8);
            put(static_cast<u64>(buy.price), 8), put(static_cast<u64>(sell.price), 8);
            put(static_cast<u64>(std::min(buy.size, sell.size)), 8);
            put(static_cast<u64>(cheap), 2), put(static_cast<u64>(3 - cheap), 2);
            put(static_cast<u64>(spread), 4);
        }
    }

    void plan(u64 from) { due = from + 10 * ms + random() % (40 * ms); }

    void swap() {
        now = due;
        plan(now);
        const u64 which = random();
        const bool follows = random() % 4 != 0;
        const i64 share = 1 + static_cast<i64>(random() % 10);
        if (pools.empty()) return;
        Pool pool = pools[which % pools.size()];
        const bool buys = (pool.price() < pool.goal) == follows;
        i64& in_reserve = buys ? pool.quote : pool.base;
        i64& out_reserve = buys ? pool.base : pool.quote;
        const i64 in = in_reserve / 10'000 * share;
        const i128 worth = i128{in} * 997;
        const i64 out = static_cast<i64>(worth * out_reserve / (i128{in_reserve} * 1000 + worth));
        in_reserve += in;
        out_reserve -= out;
        if (in == 0 || out == 0 || !pool.is_possible()) return;
        pools[which % pools.size()] = pool;
        ++swaps;
        look(pool.asset, 2, pool.price(), buys ? out : in);
    }

    void trade(u64 id, i64 price, i64 size, u64 time) {
        const u64 then = std::max(time, last_trade);
        while (due != 0 && due < then && due <= last_trade + 1000 * ms) swap();
        if (due < then) due = 0;
        now = last_trade = then;
        ++trades;
        const auto pool =
            std::find_if(pools.begin(), pools.end(), [id](const Pool& p) { return p.asset == id; });
        if (pool != pools.end())
            pool->goal = price;
        else if (pools.size() < 256) {
            const i64 quote = 2'000'000 * i64{100'000'000};
            const i128 base = i128{quote} * 100'000'000 / price;
            const Pool made{id, price, static_cast<i64>(std::min(base, i128{INT64_MAX})), quote};
            if (made.is_possible()) pools.push_back(made);
        }
        if (due == 0) plan(now);
        look(id, 1, price, size);
    }
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: %s RECORDING [SEED]\n", argv[0]), 2;
    std::ifstream recording{argv[1]};
    if (!recording) return std::fprintf(stderr, "%s cannot be read\n", argv[1]), 1;
    Job job;
    job.random.seed(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
    for (std::string line; std::getline(recording, line);) {
        const std::string type = field(line, "type");
        const std::string side = field(line, "side");
        const u64 id = asset(field(line, "product_id"));
        const i64 price = fixed(field(line, "price"));
        const i64 size = fixed(field(line, "size"));
        const i64 time = nanoseconds(field(line, "time"));
        if ((type == "match" || type == "last_match") && (side == "buy" || side == "sell") &&
            id != 0 && price > 0 && size > 0 && time >= 0)
            job.trade(id, price, size, static_cast<u64>(time));
    }
    std::printf(
        R"({"trades":%llu,"swaps":%llu,"signals":%llu,"signals_digest":"%016llx"})"
        "\n",
        static_cast<unsigned long long>(job.trades), static_cast<unsigned long long>(job.swaps),
        static_cast<unsigned long long>(job.signals), static_cast<unsigned long long>(job.hash));
    return 0;
}
