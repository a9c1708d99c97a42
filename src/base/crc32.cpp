// Polynomials over one bit, folded: a block of 128 bits that stands D bits before another is the
// same, modulo P, as its two halves multiplied with what x^D leaves behind, added to that other.
// So all blocks become one, whatever their number, which is then divided by P.
//
// After V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel 2009. Here the constants are computed, and short messages take one
// multiplication each for all of their blocks at the same time.
//
// Bits are mirrored: the lowest bit of the first byte has the highest degree. Of two words of 64
// bits, each a polynomial up to x^63, clmul(a, b) is then a * b * x, a polynomial up to x^127.
#include "base/crc32.h"

#include <libdeflate.h>

#include <array>

#include "base/endian.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mycelium::base {

namespace {

std::uint32_t crc32_by_library(std::uint32_t crc, std::span<const std::byte> bytes) noexcept {
    // libdeflate answers 0, not `crc`, to a null buffer.
    return bytes.empty() ? crc : libdeflate_crc32(crc, bytes.data(), bytes.size());
}

#if defined(__x86_64__)

constexpr std::uint64_t polynomial = 0xedb88320;  // P without x^32, mirrored in 32 bits

/// x^n modulo P, mirrored in 64 bits.
constexpr std::uint64_t power(unsigned n) noexcept {
    std::uint64_t value = 0x8000'0000;  // 1, mirrored in 32 bits
    for (unsigned i = 0; i < n; ++i) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
    return value << 32;
}
/// x^64 divided by P, without x^32, mirrored in 32 bits.
constexpr std::uint64_t quotient() noexcept {
    constexpr std::uint64_t divisor = 0x1'04c1'1db7;
    std::uint64_t rest = divisor ^ (std::uint64_t{1} << 32);  // x^32 of it are subtracted
    std::uint64_t found = 0;
    for (int bit = 31; bit >= 0; --bit) {
        rest <<= 1;
        if ((rest >> 32 & 1) == 0) continue;
        rest ^= divisor;
        found |= std::uint64_t{1} << bit;
    }
    std::uint64_t mirrored = 0;
    for (int bit = 0; bit < 32; ++bit) mirrored |= (found >> bit & 1) << (31 - bit);
    return mirrored;
}

/// What the halves of a block are multiplied with to stand so many bits further on.
struct Step {
    std::uint64_t first, second;
};
constexpr Step step_of(unsigned bits) noexcept { return {power(bits + 63), power(bits - 1)}; }

constexpr std::size_t block_bytes = 16;
constexpr std::size_t short_blocks_max = 16;
constexpr std::size_t head_bytes = 28;
constexpr auto steps = [] {
    std::array<Step, short_blocks_max> all{};
    for (unsigned i = 1; i < all.size(); ++i) all[i] = step_of(128 * i);
    return all;
}();

#define MYCELIUM_CLMUL_ __attribute__((target("pclmul,sse4.1")))
#define MYCELIUM_WIDE_CLMUL_ __attribute__((target("pclmul,sse4.1,avx2,vpclmulqdq")))

MYCELIUM_CLMUL_ inline __m128i load(const std::byte* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
MYCELIUM_CLMUL_ inline __m128i constant(Step step) noexcept {
    return _mm_set_epi64x(static_cast<long long>(step.second), static_cast<long long>(step.first));
}
MYCELIUM_CLMUL_ inline __m128i fold(__m128i block, __m128i by) noexcept {
    return _mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00),
                         _mm_clmulepi64_si128(block, by, 0x11));
}

/// The remainder of block * x^32, divided by P.
MYCELIUM_CLMUL_ inline std::uint32_t remainder_of(__m128i block) noexcept {
    const __m128i by =
        _mm_set_epi64x(static_cast<long long>(power(63)), static_cast<long long>(power(95)));
    // 160 bits become 96: the first half, and the second at x^32.
    const __m128i second = _mm_and_si128(_mm_srli_si128(block, 4), _mm_set_epi32(0, -1, -1, 0));
    const __m128i of_96 = _mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), second);
    // 96 become 64, in the second half.
    const __m128i of_64 = _mm_xor_si128(_mm_clmulepi64_si128(of_96, by, 0x10), of_96);
    // Barrett: the quotient by the first 32 of them, and what it leaves of the others.
    const std::uint64_t left = static_cast<std::uint64_t>(_mm_extract_epi64(of_64, 1));
    const auto high = static_cast<std::uint32_t>(left);
    const __m128i divisors = _mm_set_epi64x(static_cast<long long>(polynomial << 1 | 1),
                                            static_cast<long long>(quotient() << 1 | 1));
    const __m128i quotients =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(high)), divisors, 0x00);
    const __m128i found = _mm_and_si128(quotients, _mm_set_epi32(0, 0, 0, -1));
    const __m128i multiple = _mm_clmulepi64_si128(found, divisors, 0x10);
    return static_cast<std::uint32_t>(left >> 32) ^
           static_cast<std::uint32_t>(_mm_extract_epi32(multiple, 1));
}

// From its place on: the first bytes of a block at its end; the last ones at its beginning.
alignas(16) constexpr auto places = [] {
    std::array<std::uint8_t, 3 * block_bytes> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = i / block_bytes == 1 ? static_cast<std::uint8_t>(i - block_bytes) : 0x80;
    return all;
}();
MYCELIUM_CLMUL_ inline __m128i places_from(std::size_t from) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(places.data() + from));
}

/// The last bytes, fewer than a block: all move to the end of a block, behind what of `block` then
/// stands before it.
MYCELIUM_CLMUL_ inline __m128i with_rest(__m128i block, const std::byte* end,
                                         std::size_t rest) noexcept {
    if (rest == 0) return block;
    const __m128i before = _mm_shuffle_epi8(block, places_from(rest));
    const __m128i kept = _mm_shuffle_epi8(block, places_from(rest + block_bytes));
    // Where nothing of the block is, the last bytes of all are.
    const __m128i last =
        _mm_blendv_epi8(kept, load(end - block_bytes), places_from(rest + block_bytes));
    return _mm_xor_si128(fold(before, constant(steps[1])), last);
}

/// `block` stands before `bytes`, of which at least one block lies in memory before their end.
MYCELIUM_CLMUL_ std::uint32_t remainder_with(__m128i block, const std::byte* bytes,
                                             std::size_t size) noexcept {
    const std::byte* const end = bytes + size;
    for (; size >= block_bytes; bytes += block_bytes, size -= block_bytes)
        block = _mm_xor_si128(fold(block, constant(steps[1])), load(bytes));
    return remainder_of(with_rest(block, end, size));
}

/// The head's last bytes are one block together with the first of the rest.
constexpr std::size_t shared_bytes = 2 * block_bytes - head_bytes;
constexpr std::size_t short_rest_min = shared_bytes + block_bytes;
constexpr std::size_t short_rest_max = shared_bytes + (steps.size() - 2) * block_bytes;

/// Each block moves to where the last one stands, all at the same time.
MYCELIUM_CLMUL_ std::uint32_t crc32_of_short(std::span<const std::byte, head_bytes> head,
                                             std::span<const std::byte> rest) noexcept {
    const std::byte* at = rest.data() + shared_bytes;
    const std::size_t size = rest.size() - shared_bytes;
    std::size_t count = size / block_bytes;
    // The second block: the head's last twelve bytes and the first four of the rest.
    const std::byte* const twelve = head.data() + block_bytes;
    const std::uint64_t last_of_head = load_little<std::uint32_t>(twelve + 8);
    const std::uint64_t first_of_rest = load_little<std::uint32_t>(rest.data());
    const __m128i second =
        _mm_set_epi64x(static_cast<long long>(last_of_head | first_of_rest << 32),
                       static_cast<long long>(load_little<std::uint64_t>(twelve)));
    const __m128i first = _mm_xor_si128(load(head.data()), _mm_set_epi32(0, 0, 0, -1));
    __m128i sum = _mm_xor_si128(fold(first, constant(steps[count + 1])),
                                fold(second, constant(steps[count])));
    for (; count > 1; --count, at += block_bytes)
        sum = _mm_xor_si128(sum, fold(load(at), constant(steps[count - 1])));
    sum = _mm_xor_si128(sum, load(at));
    const std::byte* const end = rest.data() + rest.size();
    return ~remainder_of(with_rest(sum, end, size % block_bytes));
}

constexpr std::size_t wide_bytes = 4 * 32;
constexpr std::size_t wide_from = 1024;  // below, the library is as quick

MYCELIUM_WIDE_CLMUL_ inline __m256i load_wide(const std::byte* at) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
MYCELIUM_WIDE_CLMUL_ inline __m256i fold_wide(__m256i blocks, unsigned by) noexcept {
    const __m256i both = _mm256_broadcastsi128_si256(constant(steps[by]));
    return _mm256_xor_si256(_mm256_clmulepi64_epi128(blocks, both, 0x00),
                            _mm256_clmulepi64_epi128(blocks, both, 0x11));
}

/// Eight blocks at a time; there are so many.
MYCELIUM_WIDE_CLMUL_ std::uint32_t crc32_by_wide_clmul(std::uint32_t crc,
                                                       std::span<const std::byte> bytes) noexcept {
    const std::byte* at = bytes.data();
    const std::byte* const end = at + bytes.size();
    __m256i a = _mm256_xor_si256(load_wide(at),
                                 _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(~crc))));
    __m256i b = load_wide(at + 32), c = load_wide(at + 64), d = load_wide(at + 96);
    for (at += wide_bytes; end - at >= static_cast<std::ptrdiff_t>(wide_bytes); at += wide_bytes) {
        a = _mm256_xor_si256(fold_wide(a, 8), load_wide(at));
        b = _mm256_xor_si256(fold_wide(b, 8), load_wide(at + 32));
        c = _mm256_xor_si256(fold_wide(c, 8), load_wide(at + 64));
        d = _mm256_xor_si256(fold_wide(d, 8), load_wide(at + 96));
    }
    const __m256i sum = _mm256_xor_si256(_mm256_xor_si256(fold_wide(a, 6), fold_wide(b, 4)),
                                         _mm256_xor_si256(fold_wide(c, 2), d));
    const __m128i block = _mm_xor_si128(fold(_mm256_castsi256_si128(sum), constant(steps[1])),
                                        _mm256_extracti128_si256(sum, 1));
    return ~remainder_with(block, at, static_cast<std::size_t>(end - at));
}

const bool has_clmul = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
const bool has_wide_clmul =
    has_clmul && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq");

#endif

}  // namespace

std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes) noexcept {
#if defined(__x86_64__)
    if (has_wide_clmul && bytes.size() >= wide_from) return crc32_by_wide_clmul(crc, bytes);
#endif
    return crc32_by_library(crc, bytes);
}

std::uint32_t crc32(std::span<const std::byte, 28> head, std::span<const std::byte> rest) noexcept {
#if defined(__x86_64__)
    if (has_clmul && rest.size() >= short_rest_min && rest.size() <= short_rest_max)
        return crc32_of_short(head, rest);
#endif
    return crc32(crc32_by_library(0, head), rest);
}

}  // namespace mycelium::base
