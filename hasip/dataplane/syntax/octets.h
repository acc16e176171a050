/* Octets of a SIP message (RFC 3261 §25.1): classes, unaligned words, and masks of the 64 octets at an address.
 *
 * A mask has bit i set when octet i is of the kind asked for. SSE2 belongs to every x86-64; elsewhere plain loops do the same.
 * Loads read the whole word or window: the 64 readable bytes behind a message are what makes that lawful. */
#ifndef HASIP_SYNTAX_OCTETS_H
#define HASIP_SYNTAX_OCTETS_H

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__) && !defined(HASIP_WITHOUT_SSE2)
#include <emmintrin.h>
#define HASIP_SSE2 1
#endif

/* What an octet may be part of. */
enum {
    OCTET_WHITE = 1,
    OCTET_TOKEN = 2,
    OCTET_DIGIT = 4,
    OCTET_SCHEME = 8,    /* behind the first letter (RFC 3986 §3.1) */
    OCTET_IPV6 = 16,     /* inside the brackets */
    OCTET_URI = 32,      /* no blank, control, quote or angle bracket */
    OCTET_DISPLAY = 64,  /* does not end what stands before a URI: no '"', '<', ';' or ',' */
    OCTET_VALUE = 128,   /* of a parameter, unquoted: no white space, ';', ',' or '"' */
};

#define OTHERS (OCTET_URI | OCTET_DISPLAY | OCTET_VALUE) /* stands anywhere, means nothing */
#define LETTER (OTHERS | OCTET_TOKEN | OCTET_SCHEME)
static const uint8_t hasip_octet_class[256] = {
    [0 ... 0x1f] = OCTET_DISPLAY | OCTET_VALUE, ['!' ... 0xff] = OTHERS,
    ['\t'] = OCTET_WHITE | OCTET_DISPLAY, ['\n'] = OCTET_WHITE | OCTET_DISPLAY, ['\r'] = OCTET_WHITE | OCTET_DISPLAY,
    [' '] = OCTET_WHITE | OCTET_DISPLAY,
    ['"'] = 0, ['<'] = OCTET_VALUE, ['>'] = OCTET_DISPLAY | OCTET_VALUE, [';'] = OCTET_URI, [','] = OCTET_URI,
    ['0' ... '9'] = LETTER | OCTET_DIGIT | OCTET_IPV6,
    ['A' ... 'F'] = LETTER | OCTET_IPV6, ['G' ... 'Z'] = LETTER, ['a' ... 'f'] = LETTER | OCTET_IPV6, ['g' ... 'z'] = LETTER,
    ['-'] = LETTER, ['+'] = LETTER, ['.'] = LETTER | OCTET_IPV6, [':'] = OTHERS | OCTET_IPV6,
    ['!'] = OTHERS | OCTET_TOKEN, ['%'] = OTHERS | OCTET_TOKEN, ['*'] = OTHERS | OCTET_TOKEN, ['_'] = OTHERS | OCTET_TOKEN,
    ['`'] = OTHERS | OCTET_TOKEN, ['\''] = OTHERS | OCTET_TOKEN, ['~'] = OTHERS | OCTET_TOKEN,
};
#undef LETTER
#undef OTHERS

static inline uint16_t hasip_load_16(const uint8_t *octets)
{
    uint16_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

static inline uint32_t hasip_load_32(const uint8_t *octets)
{
    uint32_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

static inline uint64_t hasip_load_64(const uint8_t *octets)
{
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

/* The place of the lowest set bit; the mask must not be 0. */
static inline size_t hasip_lowest_bit(uint64_t mask) { return (size_t)__builtin_ctzll(mask); }

#ifdef HASIP_SSE2

static inline __m128i hasip_vector(const uint8_t *octets, int at) { return _mm_loadu_si128((const __m128i *)(octets + at)); }

static inline uint64_t hasip_join_masks(__m128i a, __m128i b, __m128i c, __m128i d)
{
    uint64_t low = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
    uint64_t high = (uint32_t)_mm_movemask_epi8(c) | (uint32_t)_mm_movemask_epi8(d) << 16;
    return low | high << 32;
}

#define EQUALS(vector, octet) _mm_cmpeq_epi8(vector, _mm_set1_epi8((char)(octet)))
#define BELOW(vector, octet) _mm_sub_epi8(vector, _mm_set1_epi8(octet))
#define WITH_BIT(vector, bit) _mm_or_si128(vector, _mm_set1_epi8(bit))
#define EITHER(a, b) _mm_or_si128(a, b)
#define WINDOW_MASK(name, test) \
    static inline uint64_t name(const uint8_t *octets) \
    { \
        __m128i a = hasip_vector(octets, 0), b = hasip_vector(octets, 16); \
        __m128i c = hasip_vector(octets, 32), d = hasip_vector(octets, 48); \
        return hasip_join_masks(test(a), test(b), test(c), test(d)); \
    } \
    static inline uint32_t name##_16(const uint8_t *octets) \
    { \
        return (uint32_t)_mm_movemask_epi8(test(hasip_vector(octets, 0))); \
    }

#else

#define EQUALS(value, octet) ((value) == (octet))
#define BELOW(value, octet) ((uint8_t)((value) - (octet)) > 127)
#define WITH_BIT(value, bit) ((value) | (bit))
#define EITHER(a, b) ((a) || (b))
#define WINDOW_MASK(name, test) \
    static inline uint64_t name(const uint8_t *octets) \
    { \
        uint64_t mask = 0; \
        for (int i = 0; i < 64; i++) \
            mask |= (uint64_t)(test(octets[i])) << i; \
        return mask; \
    } \
    static inline uint32_t name##_16(const uint8_t *octets) { return (uint32_t)(name(octets) & 0xffff); }

#endif

/* Each mask of 64 octets has a sibling of 16, named …_16. Pairs that differ in one bit cost no more than one octet.
 * BELOW is the highest bit of a difference, all that a mask takes, in one instruction. It is set for octets from 161 on, too: so
 * UTF-8 stops a quick reader, and the grammar judges it. */
#define IS_NEWLINE(x) EQUALS(x, '\n')
#define IS_SPACE(x) EQUALS(x, ' ')
#define IS_COLON(x) EQUALS(x, ':')
#define IS_AT_SIGN(x) EQUALS(x, '@')
#define IS_BLANK(x) BELOW(x, '!')
#define IS_QUOTE_OR_BACKSLASH(x) EITHER(EQUALS(x, '"'), EQUALS(x, '\\'))
#define IS_URI_STOP(x) EITHER(BELOW(x, '#'), EQUALS(WITH_BIT(x, 2), '>'))            /* blanks, '!' and '"'; '<' or '>' */
#define IS_URI_PART(x) EITHER(EQUALS(WITH_BIT(x, 5), '?'), EQUALS(x, '@'))           /* ':', ';', '>' or '?'; '@' */
#define IS_VIA_STOP(x) EITHER(BELOW(x, '-'), EQUALS(WITH_BIT(x, 1), ';'))            /* blanks, ! " # $ % & ' ( ) * + , and ':', ';' */
#define IS_TAG_STOP(x) EITHER(BELOW(x, '#'), EITHER(EQUALS(x, ';'), EQUALS(x, ',')))
#define IS_DISPLAY_STOP(x) EITHER(EITHER(EQUALS(x, '"'), EQUALS(x, ',')), EITHER(EQUALS(x, ';'), EQUALS(x, '<')))
WINDOW_MASK(hasip_newlines, IS_NEWLINE)
WINDOW_MASK(hasip_spaces, IS_SPACE)
WINDOW_MASK(hasip_at_signs, IS_AT_SIGN)
WINDOW_MASK(hasip_blanks, IS_BLANK)
WINDOW_MASK(hasip_quotes_and_backslashes, IS_QUOTE_OR_BACKSLASH)
WINDOW_MASK(hasip_uri_stops, IS_URI_STOP)
WINDOW_MASK(hasip_uri_parts, IS_URI_PART)
WINDOW_MASK(hasip_via_stops, IS_VIA_STOP)
WINDOW_MASK(hasip_tag_stops, IS_TAG_STOP)
WINDOW_MASK(hasip_display_stops, IS_DISPLAY_STOP)

/* The bits below `count`, which may be 64 or more. */
static inline uint64_t hasip_bits_below(size_t count) { return count < 64 ? (UINT64_C(1) << count) - 1 : ~UINT64_C(0); }

/* The lowest set bit's place, or 64. */
static inline size_t hasip_lowest_bit_or_64(uint64_t mask) { return mask ? hasip_lowest_bit(mask) : 64; }

/* Read up to 8 digits. Returns how many there are before the first other octet; 8 may mean more. Reads 8 octets.
 * Three multiplications instead of a loop, because the loop's end can't be predicted. */
static inline uint32_t hasip_read_digits(const uint8_t *octets, uint32_t *number)
{
    uint64_t values = hasip_load_64(octets) ^ UINT64_C(0x3030303030303030); /* digits become 0 … 9 */
    uint64_t others = ((values + UINT64_C(0x7676767676767676)) | values) & UINT64_C(0x8080808080808080);
    uint32_t count = others ? (uint32_t)hasip_lowest_bit(others) >> 3 : 8;
    if (count == 0)
        return 0;
    values <<= 64 - 8 * count; /* leading zeros */
    values = values * 10 + (values >> 8);
    values = ((values & UINT64_C(0xff000000ff)) * UINT64_C(0xf424000000064)
              + ((values >> 16) & UINT64_C(0xff000000ff)) * UINT64_C(0x271000000001)) >> 32;
    *number = (uint32_t)values;
    return count;
}

/* Read exactly `length` digits, 1 … 4. Returns 0 when there are other octets among them, or the length is another. Reads 4 octets. */
static inline int hasip_read_few_digits(const uint8_t *octets, size_t length, uint32_t *number)
{
    if (length - 1 >= 4)
        return 0;
    uint32_t values = (hasip_load_32(octets) ^ UINT32_C(0x30303030)) << (32 - 8 * (uint32_t)length); /* leading zeros */
    if (((values + UINT32_C(0x76767676)) | values) & UINT32_C(0x80808080))
        return 0;
    values = values * 10 + (values >> 8);
    *number = (values & 0xff00ff) * UINT32_C(0x640001) >> 16;
    return 1;
}
#endif
