/* Find the header lines of a message (RFC 3261 §7.3): where each starts.
 *
 * 64 octets at a time become two masks: line feeds, and blanks (octets up to SP, and some above 127). All else is arithmetic on
 * masks, the same for every variant (lines_pass.h); a variant is how an octet block becomes masks and a mask becomes places. */
#ifndef HASIP_SYNTAX_LINES_H
#define HASIP_SYNTAX_LINES_H

#include "octets.h"
#ifdef HASIP_SSE2
#include <immintrin.h>
#endif

enum hasip_lines_result { LINES_OK, LINES_NO_END, LINES_TOO_MANY };

struct hasip_lines {
    uint32_t header_count;
    uint32_t end;            /* where the blank line starts, or the message's end */
    uint32_t body_start;     /* behind the blank line, or the message's end */
};

struct hasip_block {
    uint64_t newlines, blanks;
};

/* The bits of a mask behind its first `count` ones. */
static inline uint64_t hasip_beyond(uint64_t mask, size_t count)
{
    while (mask && count--)
        mask &= mask - 1;
    return mask;
}

/* Append base + the place of each bit. Returns where the next one goes. */
static inline uint16_t *hasip_append_baseline(uint16_t *places, uint64_t mask, size_t base)
{
    for (; mask; mask &= mask - 1)
        *places++ = (uint16_t)(base + hasip_lowest_bit(mask));
    return places;
}

/* Blank line starts of one block: folds are taken out of *starts. Returns the place of the end of headers, or 64. */
static inline uint32_t hasip_settle_blank_starts(const uint8_t *octets, uint64_t blanks, uint64_t *starts, int has_header)
{
    uint64_t blank_starts = *starts & blanks;
    while (blank_starts) {
        uint32_t at = (uint32_t)hasip_lowest_bit(blank_starts);
        uint8_t octet = octets[at];
        if (octet == '\n' || (octet == '\r' && octets[at + 1] == '\n'))
            return at;
        uint64_t bit = UINT64_C(1) << at;
        if ((octet == ' ' || octet == '\t') && (has_header || (*starts & (bit - 1))))
            *starts &= ~bit; /* the line goes on (§7.3.1) */
        blank_starts &= blank_starts - 1;
    }
    return 64;
}

static inline struct hasip_block hasip_block_baseline(const uint8_t *octets)
{
    return (struct hasip_block){hasip_newlines(octets), hasip_blanks(octets)};
}

#ifdef HASIP_SSE2

#define AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
AVX2 static inline uint64_t hasip_join_halves(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

/* Most blocks have one or two: writing two and counting afterwards spares a loop whose end can't be predicted.
 * (Two are written even where the mask holds fewer: called only while there is room for 64.) */
AVX2 static inline uint16_t *hasip_append_avx2(uint16_t *places, uint64_t mask, size_t base)
{
    uint64_t rest = _blsr_u64(mask), more = _blsr_u64(rest);
    places[0] = (uint16_t)(base + _tzcnt_u64(mask));
    places[1] = (uint16_t)(base + _tzcnt_u64(rest));
    if (__builtin_expect(more != 0, 0))
        hasip_append_baseline(places + 2, more, base);
    return places + __builtin_popcountll(mask);
}

AVX2 static inline struct hasip_block hasip_block_avx2(const uint8_t *octets)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)octets), high = _mm256_loadu_si256((const __m256i *)(octets + 32));
    __m256i newline = _mm256_set1_epi8('\n'), sign = _mm256_set1_epi8('!');
    return (struct hasip_block){
        hasip_join_halves(_mm256_cmpeq_epi8(low, newline), _mm256_cmpeq_epi8(high, newline)),
        hasip_join_halves(_mm256_sub_epi8(low, sign), _mm256_sub_epi8(high, sign)), /* in the highest bits: see octets.h */
    };
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,avx2,bmi,bmi2,lzcnt,popcnt")))

static const uint8_t hasip_places_of_64[64] __attribute__((aligned(64))) = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};

/* No line that is not blank is shorter than two octets, so that 64 octets hold at most 32 starts: always 32 places are written. */
AVX512 static inline uint16_t *hasip_append_avx512(uint16_t *places, uint64_t mask, size_t base)
{
    __m512i found = _mm512_maskz_compress_epi8(mask, _mm512_load_si512(hasip_places_of_64));
    __m512i wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(found));
    _mm512_storeu_si512(places, _mm512_add_epi16(wide, _mm512_set1_epi16((short)base)));
    return places + __builtin_popcountll(mask);
}

AVX512 static inline struct hasip_block hasip_block_avx512(const uint8_t *octets)
{
    __m512i block = _mm512_loadu_si512(octets);
    return (struct hasip_block){
        _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\n')),
        _mm512_cmplt_epi8_mask(block, _mm512_set1_epi8('!')),
    };
}

#endif

#define VARIANT baseline
#define TARGET
#include "lines_pass.h"

#ifdef HASIP_SSE2
#define VARIANT avx2
#define TARGET AVX2
#include "lines_pass.h"

#define VARIANT avx512
#define TARGET AVX512
#include "lines_pass.h"
#endif
#endif
