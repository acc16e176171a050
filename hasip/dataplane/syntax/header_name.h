/* The header names the router looks at (RFC 3261 §7.3.1, §7.3.3, and RFC 3323, 3325, 3326, 3327, 4028, 6665, 7315), in a perfect hash.
 *
 * The key is the last two octets and the length; for a compact form, whose second last octet is the line feed before it, too.
 * A name is compared with its colon, 32 octets at once, small letters against small letters: `| 0x20` makes letters small and
 * leaves '-' and ':' alone. (It makes '-' of CR as well, which is why a name with white space inside is left to the caller.)
 * The other compact forms of the registry (s r e b u a j d y) name headers no router reads. */
#ifndef HASIP_SYNTAX_HEADER_NAME_H
#define HASIP_SYNTAX_HEADER_NAME_H

#include "octets.h"
#ifdef HASIP_SSE2
#include <immintrin.h>
#endif

enum { HEADER_NAME_BYTES = 31, HEADER_NAME_SLOT_BITS = 8 };

struct hasip_header_name {
    char text[31];  /* and the colon */
    uint8_t number; /* HeaderName's */
};

/* Slots found by trying multipliers until no two keys met. Twelve low bits of the product choose: they need no shift, and what
 * stands in the key above them, the case of the last letter included, doesn't matter. */
static const struct hasip_header_name hasip_header_names[1 << HEADER_NAME_SLOT_BITS] __attribute__((aligned(32))) = {
    [5] = {"user-agent:", 29},
    [8] = {"path:", 27},
    [10] = {"p-charging-function-addresses:", 32},
    [14] = {"l:", 10},
    [18] = {"session-expires:", 16},
    [20] = {"p-charging-vector:", 31},
    [21] = {"from:", 2},
    [22] = {"c:", 11},
    [58] = {"server:", 30},
    [62] = {"v:", 1},
    [69] = {"call-id:", 4},
    [70] = {"m:", 6},
    [86] = {"via:", 1},
    [87] = {"proxy-authorization:", 22},
    [95] = {"supported:", 15},
    [102] = {"i:", 4},
    [108] = {"to:", 3},
    [112] = {"reason:", 19},
    [114] = {"route:", 7},
    [129] = {"min-se:", 17},
    [132] = {"expires:", 12},
    [145] = {"require:", 14},
    [147] = {"retry-after:", 18},
    [172] = {"event:", 28},
    [174] = {"x:", 16},
    [182] = {"o:", 28},
    [183] = {"contact:", 6},
    [185] = {"content-length:", 10},
    [190] = {"f:", 2},
    [202] = {"p-asserted-identity:", 23},
    [206] = {"t:", 3},
    [207] = {"privacy:", 26},
    [211] = {"remote-party-id:", 25},
    [214] = {"k:", 15},
    [218] = {"max-forwards:", 9},
    [220] = {"p-preferred-identity:", 24},
    [223] = {"cseq:", 5},
    [229] = {"content-type:", 11},
    [237] = {"authorization:", 21},
    [238] = {"record-route:", 8},
    [248] = {"warning:", 20},
    [251] = {"proxy-require:", 13},
};

static inline const struct hasip_header_name *hasip_header_name_slot(const uint8_t *name, size_t length)
{
    uint32_t key = (hasip_load_32(name + length - 2) | 0x20) + 8 * (uint32_t)length;
    uint32_t place = key * UINT32_C(0x5bd1e047) & (sizeof hasip_header_names - sizeof *hasip_header_names);
    return (const struct hasip_header_name *)((const char *)hasip_header_names + place);
}

/* The HeaderName of 1 … 30 octets, whatever follows them; 0 for a name not in the table. Reads the octet before the name, too. */
static inline uint32_t hasip_known_header_name(const uint8_t *name, uint32_t length)
{
    const struct hasip_header_name *slot = hasip_header_name_slot(name, length);
    for (uint32_t i = 0; i < length; i++)
        if ((name[i] | 0x20) != (uint8_t)slot->text[i])
            return 0;
    return slot->text[length] == ':' ? slot->number : 0;
}

/* Which of 32 octets are colons or blanks, the place of the first, and which equal those of a slot: what differs between variants. */
static inline size_t hasip_name_length_baseline(uint32_t stops) { return hasip_lowest_bit(stops | UINT64_C(1) << 32); }

#ifdef HASIP_SSE2
static inline uint32_t hasip_name_stops_baseline(const uint8_t *name)
{
    __m128i low = hasip_vector(name, 0), high = hasip_vector(name, 16);
    return (uint32_t)_mm_movemask_epi8(EITHER(IS_COLON(low), IS_BLANK(low)))
           | (uint32_t)_mm_movemask_epi8(EITHER(IS_COLON(high), IS_BLANK(high))) << 16;
}

static inline uint32_t hasip_name_same_baseline(const uint8_t *name, const struct hasip_header_name *slot)
{
    const uint8_t *known = (const uint8_t *)slot;
    __m128i small = _mm_set1_epi8(0x20);
    __m128i low = _mm_cmpeq_epi8(_mm_or_si128(hasip_vector(name, 0), small), hasip_vector(known, 0));
    __m128i high = _mm_cmpeq_epi8(_mm_or_si128(hasip_vector(name, 16), small), hasip_vector(known, 16));
    return (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
}

#define HASIP_NAME_AVX2 __attribute__((target("avx2,bmi")))
HASIP_NAME_AVX2 static inline uint32_t hasip_name_stops_avx2(const uint8_t *name)
{
    __m256i text = _mm256_loadu_si256((const __m256i *)name);
    __m256i is_blank = _mm256_sub_epi8(text, _mm256_set1_epi8('!')); /* in the highest bit: see octets.h */
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(is_blank, _mm256_cmpeq_epi8(text, _mm256_set1_epi8(':'))));
}

HASIP_NAME_AVX2 static inline size_t hasip_name_length_avx2(uint32_t stops) { return _tzcnt_u32(stops); }

HASIP_NAME_AVX2 static inline uint32_t hasip_name_same_avx2(const uint8_t *name, const struct hasip_header_name *slot)
{
    __m256i small = _mm256_or_si256(_mm256_loadu_si256((const __m256i *)name), _mm256_set1_epi8(0x20));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(small, _mm256_load_si256((const __m256i *)slot)));
}
#else
static inline uint32_t hasip_name_stops_baseline(const uint8_t *name)
{
    uint32_t stops = 0;
    for (uint32_t i = 0; i < 32; i++)
        stops |= (uint32_t)(IS_COLON(name[i]) || IS_BLANK(name[i])) << i;
    return stops;
}

static inline uint32_t hasip_name_same_baseline(const uint8_t *name, const struct hasip_header_name *slot)
{
    uint32_t same = 0;
    for (uint32_t i = 0; i < HEADER_NAME_BYTES; i++)
        same |= (uint32_t)((name[i] | 0x20) == (uint8_t)slot->text[i]) << i;
    return same;
}
#endif

/* Name the first `count` lines, from the last one to the first: value_start behind the colon, number, and by number the first line
 * (plus 1) and how many there are. Stops at a line whose name is empty, longer than 32 octets, or not followed by its colon
 * at once, and returns how many lines remain, that one included. Reads 33 octets of each line, and the one before. */
#define HASIP_NAME_LINES(variant, attributes) \
    attributes static uint32_t hasip_name_lines_##variant( \
        const uint8_t *octets, uint32_t count, const uint16_t *header_start, uint16_t *value_start, \
        uint8_t *number, uint8_t *first, uint8_t *how_many) \
    { \
        size_t line; \
        for (line = count; line > 0; line--) { \
            size_t start = header_start[line - 1]; \
            const uint8_t *text = octets + start; \
            uint32_t stops = hasip_name_stops_##variant(text); \
            size_t length = hasip_name_length_##variant(stops); \
            if (__builtin_expect(text[length] != ':' || length == 0, 0)) \
                break; \
            const struct hasip_header_name *slot = hasip_header_name_slot(text, length); \
            uint64_t others = (hasip_name_same_##variant(text, slot) ^ UINT64_C(0xffffffff)) & (stops ^ (stops - 1)); \
            size_t known = (size_t)((int64_t)(others - 1) >> 63); /* no branch: which names come can't be predicted */ \
            size_t name = slot->number & known; \
            value_start[line - 1] = (uint16_t)(start + length + 1); \
            number[line - 1] = (uint8_t)name; \
            first[name] = (uint8_t)line; \
            how_many[name]++; \
        } \
        return (uint32_t)line; \
    }

HASIP_NAME_LINES(baseline, )
#ifdef HASIP_SSE2
HASIP_NAME_LINES(avx2, HASIP_NAME_AVX2)
#endif
#endif
