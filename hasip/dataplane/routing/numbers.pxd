"""Whose number it is: exact numbers and prefixes, longest first. Built off-line, then only read.

A hash table of texts; a look-up tries the whole number, then every prefix length that occurs, longest first. Owns: its texts.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from hasip.dataplane.base.memory cimport power_of_two_at_least

cdef enum:
    NUMBER_BYTES_MAX = 40
    NO_TRUNK = 0xFFFFFFFF


cdef struct Number:
    uint32_t trunk
    uint8_t is_taken
    uint8_t is_prefix
    uint8_t length
    uint8_t text[NUMBER_BYTES_MAX + 1]


cdef struct Numbers:
    Number *places
    uint32_t mask
    uint32_t count
    uint32_t capacity
    uint64_t prefix_lengths     # bit n: a prefix of n characters occurs


cdef inline bint numbers_open(Numbers *numbers, uint32_t capacity) noexcept nogil:
    """Make room for so many numbers. False: no memory."""
    cdef size_t places = power_of_two_at_least(<size_t>capacity * 2 + 2)
    numbers.mask = <uint32_t>(places - 1)
    numbers.count = 0
    numbers.capacity = capacity
    numbers.prefix_lengths = 0
    numbers.places = <Number *>calloc(places, sizeof(Number))
    return numbers.places != NULL


cdef inline void numbers_close(Numbers *numbers) noexcept nogil:
    free(numbers.places)


cdef inline uint32_t numbers_add(Numbers *numbers, const uint8_t *text, uint32_t length, bint is_prefix, uint32_t trunk) noexcept nogil:
    """Give a number to a trunk. Return NO_TRUNK, or the trunk that has it already (then nothing changes; also when there is no room)."""
    cdef Number *number
    if length > NUMBER_BYTES_MAX or numbers.count == numbers.capacity:
        return trunk
    number = find_number(numbers, text, length, is_prefix)
    if number.is_taken:
        return number.trunk
    number.is_taken = 1
    number.is_prefix = is_prefix
    number.length = <uint8_t>length
    number.trunk = trunk
    memcpy(number.text, text, length)
    numbers.count += 1
    if is_prefix:
        numbers.prefix_lengths |= <uint64_t>1 << length
    return NO_TRUNK


cdef inline uint32_t numbers_find(const Numbers *numbers, const uint8_t *text, uint32_t length) noexcept nogil:
    """Return the trunk of a dialled number, or NO_TRUNK."""
    cdef uint32_t prefix_length
    cdef Number *number
    if length <= NUMBER_BYTES_MAX:
        number = find_number(numbers, text, length, False)
        if number.is_taken:
            return number.trunk
    prefix_length = min(length, <uint32_t>NUMBER_BYTES_MAX) + 1
    while prefix_length:
        prefix_length -= 1
        if (numbers.prefix_lengths >> prefix_length) & 1:
            number = find_number(numbers, text, prefix_length, True)
            if number.is_taken:
                return number.trunk
    return NO_TRUNK


cdef inline Number *find_number(const Numbers *numbers, const uint8_t *text, uint32_t length, bint is_prefix) noexcept nogil:
    """Return the number's place, or the empty one where it would go."""
    cdef uint64_t place = hash_text(text, length, is_prefix)
    cdef Number *number
    while True:
        number = &numbers.places[place & numbers.mask]
        if not number.is_taken or (number.length == length and number.is_prefix == is_prefix and memcmp(number.text, text, length) == 0):
            return number
        place += 1


cdef inline uint64_t hash_text(const uint8_t *text, uint32_t length, bint is_prefix) noexcept nogil:
    """FNV-1a, eight bytes at a time. Not keyed: the table holds what the operator wrote, senders cannot add to it."""
    cdef uint64_t value = <uint64_t>0xCBF29CE484222325 ^ (length << 1 | is_prefix)
    cdef uint64_t word
    while length:
        word = 0
        memcpy(&word, text, length if length < 8 else 8)
        value = (value ^ word) * <uint64_t>0x100000001B3
        value ^= value >> 31
        value *= <uint64_t>0x9E3779B97F4A7C15
        text += 8
        length -= length if length < 8 else 8
    return value ^ (value >> 32)
