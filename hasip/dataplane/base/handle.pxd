"""Signed handles as text: a slot and its generation in 22 characters that any SIP element carries along and nobody can make up.

Branch parameters and Record-Route tokens are made of these. Text: 11 characters of handle, 11 of keyed hash, six bits each,
from an alphabet that is legal in a token and in the user part of a URI (RFC 3261 §25.1).
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from hasip.dataplane.base.hash cimport HashKey, siphash_words

cdef extern from *:
    """
    static const unsigned char HANDLE_ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    /* 1 + the place of a character in the alphabet, 0 outside it: range checks mispredict on random text, 53 ns a handle, not 24 (test_token_read) */
    static const unsigned char HANDLE_PLACES[256] = {
        ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11,
        ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,
        ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33,
        ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,
        ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55,
        ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
    };
    """
    const uint8_t HANDLE_ALPHABET[65]
    const uint8_t HANDLE_PLACES[256]

cdef enum:
    WORD_TEXT_BYTES = 11
    HANDLE_TEXT_BYTES = 22


cdef struct Handle:
    uint32_t slot
    uint32_t generation


cdef inline void write_handle(const HashKey *key, uint64_t purpose, Handle handle, uint8_t *text) noexcept nogil:
    """Write HANDLE_TEXT_BYTES of text. `purpose` keeps handles of one kind from passing as another."""
    cdef uint64_t word = <uint64_t>handle.generation << 32 | handle.slot
    write_word(word, text)
    write_word(siphash_words(key, word, purpose), text + WORD_TEXT_BYTES)


cdef inline bint read_handle(const HashKey *key, uint64_t purpose, const uint8_t *text, Handle *handle) noexcept nogil:
    """Read HANDLE_TEXT_BYTES of text. False: not ours, or tampered with."""
    cdef uint64_t word, signature
    if not read_word(text, &word) or not read_word(text + WORD_TEXT_BYTES, &signature):
        return False
    if signature != siphash_words(key, word, purpose):
        return False
    handle.slot = <uint32_t>word
    handle.generation = <uint32_t>(word >> 32)
    return True


cdef inline void write_word(uint64_t word, uint8_t *text) noexcept nogil:
    """Write 64 bits as WORD_TEXT_BYTES characters, lowest bits first."""
    cdef int i
    for i in range(WORD_TEXT_BYTES):
        text[i] = HANDLE_ALPHABET[word & 63]
        word >>= 6


cdef inline bint read_word(const uint8_t *text, uint64_t *word) noexcept nogil:
    """Read WORD_TEXT_BYTES characters. False: a character that is not of the alphabet, or a last one that no word is written with."""
    cdef uint64_t value = 0, bits = 0, outside = 0
    cdef int i
    for i in range(WORD_TEXT_BYTES):
        bits = character_value(text[i])
        outside |= bits
        value |= bits << 6 * i
    word[0] = value
    return outside < 64 and bits < 16           # four bits are left for the last one: one word has one text


cdef inline uint64_t character_value(uint8_t character) noexcept nogil:
    """Return 0 … 63, or a larger number for a character outside the alphabet."""
    return <uint64_t>HANDLE_PLACES[character] - 1
